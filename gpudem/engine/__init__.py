"""Cases, their arrays on the device, and what advances them step by step."""

#: Schedules by name; auto takes serial on a CPU and parallel on a GPU.
SCHEDULES = ("auto", "serial", "parallel")
