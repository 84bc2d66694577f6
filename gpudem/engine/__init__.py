"""Cases, their arrays on the device, and what advances them step by step."""

#: Schedules by name; what auto stands for says `gpudem.engine.engine.default_schedule`.
SCHEDULES = ("auto", "serial", "parallel", "block")
