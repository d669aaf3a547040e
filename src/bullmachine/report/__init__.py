"""The report: one HTML file of a finished run, to be read without a network and kept.

Python lays out the text and packs the numbers (`pack`), some 55 kB of our own JavaScript in `web/` draws
them on two canvases. Libraries whose JavaScript ships in their wheel were tried first, on hourly candles,
volume, equity and entries of 2,568 and of 68,484 bars; headless Chromium without a GPU on 2 cores, 30 steps
of dragging and 10 of the wheel over the whole history:

| | import s | build s | MB | load s | worst frame ms |
|---|---|---|---|---|---|
| Bokeh 3.9.2 | 0.4 | 0.2, 0.3 | 1.4, 4.8 | 1.0, 1.8 | 47, 447 |
| Plotly 7.1.0 | 0.1 | 0.1, 0.4 | 5.2, 14.8 | 3.2, over 30 | 343, - |
| Lightweight Charts 4.1 | - | 0.0, 0.4 | 0.5, 9.4 | 0.4, 1.2 | 21, 21 |
| this room | none of its own | 0.0, 0.3 | 0.1, 1.5 | 0.4, 0.8 | 36, 58 |

Bokeh and Plotly draw every bar of a decade at every step, so the chart cannot be dragged. Lightweight Charts
is quick, but its wheels bring pandas (one also a browser window toolkit), it has no band, no box and no time
zone of its own without plug-ins, and asks for a link to its maker in every report. A pyramid of candles on
a canvas is under 1,000 lines, does what the report needs, and brings no dependency.
"""

from bullmachine.report.page import write_report

__all__ = ["write_report"]
