from __future__ import annotations

import asyncio

from lib.asking.batch_report import BatchReport
from lib.asking.stopping import Stop
from lib.build.batch import _unless_at_once


def test_one_ctrl_c_lets_a_step_finish_and_a_second_one_breaks_it_off():
    async def main() -> None:
        stop, finished = Stop(), asyncio.Event()

        async def going() -> BatchReport:
            await finished.wait()
            return BatchReport("asked")

        task = asyncio.create_task(_unless_at_once(going(), stop))
        await asyncio.sleep(0)
        stop.set()
        await asyncio.sleep(0.01)
        assert not task.done()
        finished.set()
        report = await task
        assert report is not None and report.condition == "asked"

        finished.clear()
        task = asyncio.create_task(_unless_at_once(going(), stop))
        await asyncio.sleep(0.01)
        stop.set()
        assert await task is None

    asyncio.run(main())
