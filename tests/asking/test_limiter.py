from __future__ import annotations

import asyncio

import pytest
from asking_support import run

from lib.asking.limiter import Limiter


async def window(limiter: Limiter, failed=None) -> int:
    """Fill the limit once and end all requests alike; give how many there were."""
    tickets = [await limiter.acquire(0) for _ in range(limiter.limit)]
    for ticket in tickets:
        if failed is None:
            limiter.answered(ticket, 10)
        else:
            limiter.release(ticket, failed)
    return len(tickets)


def test_starts_low_and_climbs_by_one_a_window_up_to_the_most():
    async def main():
        limiter = Limiter(11)
        return [await window(limiter) for _ in range(6)]

    assert run(main()) == [8, 9, 10, 11, 11, 11]
    assert run(_limit_of(3)) == 3


async def _limit_of(most):
    return Limiter(most).limit


@pytest.mark.parametrize(("kind", "limits"), [("rate_limit", [8, 6, 4, 3, 2, 1, 1]), ("timeout", [8, 4, 2, 1, 1])])
def test_falls_once_a_window_and_never_below_one(kind, limits):
    async def main():
        limiter = Limiter(32)
        return [await window(limiter, kind) for _ in limits], limiter.lowest, await window(limiter), limiter.limit

    assert run(main()) == (limits, 1, 1, 2)


@pytest.mark.parametrize("kind", ["server", "connection", "malformed", "rejected", "unauthorized", None])
def test_other_failures_change_nothing(kind):
    async def main():
        limiter = Limiter(32)
        tickets = [await limiter.acquire(0) for _ in range(8)]
        for ticket in tickets:
            limiter.release(ticket, kind)
        return limiter.limit, limiter.in_use

    assert run(main()) == (8, 0)


def test_what_was_sent_before_a_reduction_neither_reduces_nor_lifts():
    async def main():
        limiter = Limiter(32)
        tickets = [await limiter.acquire(0) for _ in range(8)]
        limiter.release(tickets[0], "rate_limit")
        for ticket in tickets[1:4]:
            limiter.release(ticket, "timeout")
        for ticket in tickets[4:]:
            limiter.answered(ticket, 1)
        return limiter.limit

    assert run(main()) == 6


def test_never_more_at_once_than_the_limit_and_the_lowest_order_first():
    async def main():
        limiter, order, most = Limiter(2), [], 0

        async def one(number):
            nonlocal most
            ticket = await limiter.acquire(number)
            order.append(number)
            most = max(most, limiter.in_use)
            await asyncio.sleep(1)
            limiter.answered(ticket, None)

        first = [asyncio.create_task(one(number)) for number in (7, 8)]
        await asyncio.sleep(0)
        await asyncio.gather(*first, *(one(number) for number in (5, 3, 9, 1)))
        return order, most

    assert run(main()) == ([7, 8, 1, 3, 5, 9], 2)


def test_an_item_that_goes_on_at_once_goes_before_one_that_waits():
    async def main():
        limiter, order = Limiter(1), []

        async def item(number):
            for step in range(3):
                ticket = await limiter.acquire(number)
                order.append((number, step))
                await asyncio.sleep(1)
                limiter.answered(ticket, 1)

        await asyncio.gather(*(item(number) for number in range(3)))
        return order

    assert run(main()) == [(number, step) for number in range(3) for step in range(3)]


def test_a_pause_holds_everybody_and_the_longer_one_stands():
    async def main():
        limiter, loop = Limiter(4), asyncio.get_running_loop()
        start = loop.time()
        limiter.pause_for(30)
        limiter.pause_for(5)
        assert limiter.pause == 30
        for number in range(3):
            await limiter.acquire(number)
        return loop.time() - start, limiter.pause

    assert run(main()) == (30, 0)


def test_a_pause_that_comes_while_others_wait_holds_them_too():
    async def main():
        limiter, loop = Limiter(1), asyncio.get_running_loop()
        start, ticket = loop.time(), await limiter.acquire(0)
        waiting = asyncio.create_task(limiter.acquire(1))
        await asyncio.sleep(1)
        limiter.pause_for(60)
        limiter.release(ticket, "rate_limit")
        await waiting
        return loop.time() - start

    assert run(main()) == 61


def test_requests_and_tokens_a_minute():
    async def asked(count, tokens, **limits):
        limiter, loop = Limiter(100, **limits), asyncio.get_running_loop()
        start = loop.time()

        async def one(number):
            limiter.answered(await limiter.acquire(number), tokens)

        await asyncio.gather(*(one(number) for number in range(count)))
        return (loop.time() - start) / 60

    assert 9 < run(asked(600, 1, requests_per_minute=60)) < 10.7
    assert 9 < run(asked(300, 2000, tokens_per_minute=60_000)) < 10.7
    assert run(asked(300, 2000)) == 0


def test_the_expected_tokens_are_the_running_mean():
    async def main():
        limiter = Limiter(4)
        for tokens in (100, 200, None, 300):
            limiter.answered(await limiter.acquire(0), tokens)
        early = limiter.tokens_expected
        for _ in range(100):
            limiter.answered(await limiter.acquire(0), 1000)
        return early, limiter.tokens_expected

    early, late = run(main())
    assert early == pytest.approx(200)
    assert late == pytest.approx(1000, rel=0.01)


def test_who_gives_up_waiting_keeps_no_place():
    async def main():
        limiter = Limiter(1)
        ticket = await limiter.acquire(0)
        waiting = [asyncio.create_task(limiter.acquire(number)) for number in (1, 2)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        limiter.answered(ticket, 1)
        await waiting[1]
        return limiter.in_use

    assert run(main()) == 1


def test_leave_given_in_the_moment_of_giving_up_goes_back():
    async def main():
        limiter = Limiter(1)
        ticket = await limiter.acquire(0)
        waiting = asyncio.create_task(limiter.acquire(1))
        await asyncio.sleep(0)
        limiter.answered(ticket, 1)
        asyncio.get_running_loop().call_soon(waiting.cancel)
        await asyncio.wait([waiting])
        assert waiting.cancelled()
        return limiter.in_use

    assert run(main()) == 0
