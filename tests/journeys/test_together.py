"""Several processes behind one port and one PostgreSQL answer as one, outlive each other, and end together."""

import asyncio
import os
import signal
import threading
import time
from pathlib import Path

import httpx
import pytest

from engine.store.database import open_database
from tests.fake_slack import APP_TOKEN, TOKEN
from tests.fake_slack_server import fake_slack
from tests.fake_slack_socket import fake_socket
from tests.journeys.given import HTTP, eventually
from tests.journeys.together import STARTS, Together, lives, together
from tests.postgres_server import PostgresServer

ASKED = 12


def ask(running: Together) -> None:
    """Ask by new connections, which whoever is free takes."""
    for _ in range(ASKED):
        assert httpx.get(f"{running.url}/healthz", timeout=20).status_code == 200


def asked(running: Together) -> float:
    return sum(running.figure("firebreak_http_requests_total", route="/healthz").values())


@pytest.mark.timeout(300)
def test_two_processes_answer_as_one_replace_whoever_dies_and_end_without_losing_anything(tmp_path: Path, postgres: PostgresServer) -> None:
    database = postgres.bare()
    with together(tmp_path, database) as running:
        first, second = running.processes()
        for silent in (first, second):
            os.kill(silent, signal.SIGSTOP)
            ask(running)
            os.kill(silent, signal.SIGCONT)
        counted = {asked(running) for _ in range(ASKED)}
        os.kill(second, signal.SIGKILL)
        ask(running)
        eventually(lambda: second not in running.processes() and len(running.processes()) == 2)
        eventually(lambda: running.log.read_text().count('"worker started"') == 3, STARTS)
        processes = running.processes()
        running.process.send_signal(signal.SIGHUP)
        ask(running)

        assert running.said.count("fb_") == 1
        assert counted == {2.0 * ASKED}
        assert asked(running) == 4.0 * ASKED
        assert (processes, first in processes) == (running.processes(), True)
        assert running.figure("firebreak_processes", state="wanted") == {"": 2.0}
        assert '"event": "a process has ended; it is started again"' in running.log.read_text()
        taken, code, took = ended_under_load(running)

    assert (code, took < 10, set(taken)) == (0, True, {200})
    assert not any(lives(process) for process in processes)
    assert asyncio.run(noted(database)) >= len(taken)


def ended_under_load(running: Together) -> tuple[list[int], int, float]:
    """End it while four write; gives the answers that they got, the exit code, and the seconds it took."""
    ana = running.person("ana")
    key = ana.post("/v1/incidents", {"playbook": "trial", "inputs": {"site": "Plant 4"}}, expect=201)["key"]
    taken: list[int] = []
    writers = [threading.Thread(target=write, args=(running.url, ana.token, key, taken)) for _ in range(4)]
    for writer in writers:
        writer.start()
    eventually(lambda: len(taken) > 20)
    began = time.monotonic()
    code = running.ends()
    took = time.monotonic() - began
    for writer in writers:
        writer.join(20)
    return taken, code, took


def write(url: str, token: str, key: str, taken: list[int]) -> None:
    """Write notes until nobody answers; what is cut off unanswered promised nothing."""
    while True:
        try:
            answer = httpx.post(
                f"{url}/v1/incidents/{key}/note", json={"text": "x"}, headers={"Authorization": f"Bearer {token}"}, timeout=20
            )
        except httpx.TransportError:
            return
        taken.append(answer.status_code)


async def noted(database: str) -> int:
    opened = open_database(database, mode="read")
    try:
        return await opened.read(lambda tx: int(tx.exec_driver_sql("SELECT count(*) FROM events WHERE type = 'Noted'").scalar_one()))
    finally:
        await opened.close()


@pytest.mark.timeout(300)
async def test_each_process_is_connected_to_slack_and_none_outlives_whoever_started_it(tmp_path: Path, postgres: PostgresServer) -> None:
    who = {"team_id": "T0TEAM", "user_id": "U0ANA", "channel_id": "C1", "channel_name": "random", "command": "/incident"}
    with fake_slack() as slack:
        slack.user("U0ANA")
        settings = {"SLACK_BOT_TOKEN": TOKEN, "SLACK_APP_TOKEN": APP_TOKEN, "SLACK_API_URL": slack.url}
        async with fake_socket(slack) as socket:
            lent = together(tmp_path, postgres.bare(), **settings)
            running = await asyncio.to_thread(lent.__enter__)
            await asyncio.to_thread(eventually, lambda: running.log.read_text().count("slack is connected") == 2)
            fields = {**who, "text": "help", "trigger_id": slack.trigger(), "response_url": slack.response_url()}
            told = await socket.sends("slash_commands", fields)
            ready, processes = await asyncio.to_thread(running.ready), running.processes()
            running.process.kill()
            await asyncio.to_thread(eventually, lambda: not any(lives(process) for process in processes))
            await asyncio.to_thread(lent.__exit__, None, None, None)

    assert "*What `/incident` does*" in str(told.get("text"))
    assert (ready["socket_mode"], len(processes)) == ("connected", 2)
    with pytest.raises(httpx.ConnectError):
        HTTP.get(f"{running.url}/healthz")
