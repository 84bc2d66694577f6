// Tells the viewer which keys are pressed; H lists them. Keys in a field are the field's, and those on
// a slider move it.
(() => {
  const names = {" ": "space", ArrowLeft: "Left", ArrowRight: "Right", ArrowUp: "Up",
    ArrowDown: "Down", "=": "+"}
  window.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const at = event.target.closest ? event.target : document.body
    if (at.closest("input, textarea, [role=slider]")) return
    if (event.key === "Enter" && at.closest("button, [role=button]")) return
    if ("hH?".includes(event.key)) {
      window.trame.state.set("listed", !window.trame.state.get("listed"))
    } else if (event.key.length === 1 || /^(Arrow|Home|End|Enter|Escape)/.test(event.key)) {
      if (event.key === "Escape") window.trame.state.set("listed", false)
      window.trame.trigger("key", [names[event.key] || event.key])
    } else return
    event.preventDefault()
  })
  // A button that was clicked would answer the space bar from then on.
  window.addEventListener("click", event => {
    const button = event.detail && event.target.closest && event.target.closest("button")
    if (button) button.blur()
  })
})()
