"""Times taken inside the browser, the same way for every page.

Work is begun at the start of a frame and its end is the first task after that frame was painted, so that script, style,
layout and painting count, and waiting for the frame does not.
"""

import statistics
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

# Kept from the moment a page begins: its longest main-thread task (tasks over 50 ms are what a browser reports).
WATCH = """
window.longest = 0;
new PerformanceObserver(list => {
    for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({type: "longtask", buffered: true});
window.afterPaint = (work = () => {}) => new Promise(done => requestAnimationFrame(() => {
    work();
    scheduler.postTask(() => done(performance.now()), {priority: "user-blocking"});  // before what else has queued
}));
window.inFrame = async work => {
    let began;
    const painted = await afterPaint(() => { began = performance.now(); work(); });
    return painted - began;
};
window.until = async condition => {  // looked at after each frame, so that what it shows is painted
    const began = performance.now();
    for (;;) {
        const painted = await afterPaint();
        if (condition()) return painted;
        if (painted - began > 60000) throw Error(`nothing came of it: ${condition}`);
    }
};
"""


def in_frame(page: Page, work: str, argument: Any = None) -> float:
    """Milliseconds of a piece of JavaScript and of painting what it changed."""
    elapsed: float = page.evaluate(f"argument => inFrame(() => {{ {work} }})", argument)
    return elapsed


def longest_task(page: Page) -> float:
    """Milliseconds of the longest task since the last call; 0 if all were under 50."""
    longest: float = page.evaluate("() => { const longest = window.longest; window.longest = 0; return longest; }")
    return longest


def median_of(rounds: int, measure: Callable[[int], float]) -> float:
    """The middle of several measurements, each told its number; one is taken before and thrown away."""
    measure(rounds)
    return statistics.median(measure(number) for number in range(rounds))
