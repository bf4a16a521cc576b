"""The chief of a distributed search: serves its oracle to workers by Keras Tuner's protocol."""

import contextlib
import os
import time
from collections.abc import Callable

from ffkeras.errors import UserError
from ffkeras.pruning.search.keras_tuner import grpc, oracle_server
from ffkeras.pruning.search.oracle import RateOracle

SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_FOR_GOODBYE = 30.0  # in which workers that wait are told that there is no more
CONNECTION_PATIENCE = 600.0  # seconds for the chief to start


def serve(oracle: RateOracle, step: Callable[[], None] = lambda: None) -> None:
    """Give out trials until all have come back.

    Keras Tuner's own server ends only when every worker that ever asked has been told to stop, so that it would wait
    for a dead one for ever.

    Args:
        oracle: of the search.
        step: called a few times a second; may raise to stop.

    Raises:
        UserError: the address cannot be used.
    """
    address = _address()
    server = oracle_server(oracle)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        port = 0
    if not port:
        raise UserError(f"cannot listen on {address}; choose another KERASTUNER_ORACLE_PORT.")
    server.start()
    try:
        while not oracle.finished():
            step()
            oracle.release_lost()
            time.sleep(SECONDS_BETWEEN_LOOKS)
        end = time.monotonic() + SECONDS_FOR_GOODBYE
        while oracle.tuner_ids and time.monotonic() < end:
            step()
            time.sleep(SECONDS_BETWEEN_LOOKS)
    finally:
        server.stop(grace=SECONDS_BETWEEN_LOOKS).wait()


def wait_for_chief(step: Callable[[], None] = lambda: None) -> None:
    """Wait until the chief answers.

    Args:
        step: called a few times a second; may raise to stop.

    Raises:
        UserError: no answer in `CONNECTION_PATIENCE`.
    """
    end = time.monotonic() + CONNECTION_PATIENCE
    with grpc.insecure_channel(_address()) as channel:
        ready = grpc.channel_ready_future(channel)
        while time.monotonic() < end:
            step()
            with contextlib.suppress(grpc.FutureTimeoutError):
                ready.result(SECONDS_BETWEEN_LOOKS)
                return
        ready.cancel()
    raise UserError(f"no chief answers at {_address()}; start it, or mend KERASTUNER_ORACLE_IP and its _PORT.")


def _address() -> str:
    return f"{os.environ['KERASTUNER_ORACLE_IP']}:{os.environ['KERASTUNER_ORACLE_PORT']}"
