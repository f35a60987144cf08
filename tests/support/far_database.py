"""A database at a distance: a TCP port that forwards to it, and hands on each answer later."""

import asyncio
import contextlib
import threading

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn


class _Forwarder:
    def __init__(self, socket_file, seconds):
        self._socket_file, self._seconds = socket_file, seconds
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    async def _serve(self, reader, writer):
        answers, questions = await asyncio.open_unix_connection(self._socket_file)
        tasks = [self._hand_on(reader, questions, 0), self._hand_on(answers, writer, self._seconds)]
        await asyncio.gather(*tasks, return_exceptions=True)

    @staticmethod
    async def _hand_on(source, target, seconds):
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                await asyncio.sleep(seconds)
                target.write(data)
                await target.drain()
        target.close()

    def stop(self):
        async def end():
            self._server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@contextlib.contextmanager
def far_database(database_url, seconds):
    """Yields the connection string of the same database, whose answers take so much longer."""
    with contextlib.closing(psycopg2.connect(database_url)) as connection:
        info = connection.info
        socket_file = f"{info.host}/.s.PGSQL.{info.port}"
        parts = parse_dsn(database_url) | {"user": info.user}
    forwarder = _Forwarder(socket_file, seconds)
    try:
        yield make_dsn(**(parts | {"host": "127.0.0.1", "port": forwarder.port, "sslmode": "disable"}))
    finally:
        forwarder.stop()
