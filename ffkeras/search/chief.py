"""The chief of a distributed search: serves its oracle to workers by Keras Tuner's protocol."""

import os
import time
from collections.abc import Callable
from concurrent import futures

from ffkeras.errors import UserError
from ffkeras.search.keras_tuner import OracleServicer, grpc, protos
from ffkeras.search.oracle import RateOracle

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
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1))
    protos.get_service_grpc().add_OracleServicer_to_server(OracleServicer(oracle), server)
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


def wait_for_chief() -> None:
    """Wait until the chief answers. Raises UserError where it does not."""
    channel = grpc.insecure_channel(_address())
    try:
        grpc.channel_ready_future(channel).result(CONNECTION_PATIENCE)
    except grpc.FutureTimeoutError as error:
        raise UserError(
            f"no chief answers at {_address()}; start it, or mend KERASTUNER_ORACLE_IP and _PORT."
        ) from error
    finally:
        channel.close()


def _address() -> str:
    return f"{os.environ['KERASTUNER_ORACLE_IP']}:{os.environ['KERASTUNER_ORACLE_PORT']}"
