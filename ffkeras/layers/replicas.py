"""Sums over the processes that train one network together; alone, every value is its own sum."""

from ffkeras.backend import tf


def replica_count() -> int:
    """The processes that do the step that is traced now; 1 outside of `tf.distribute.Strategy.run`."""
    context = tf.distribute.get_replica_context()
    return 1 if context is None else context.num_replicas_in_sync


def sum_over_replicas(value):
    """A tensor, added up over all processes; all of them get the same bits."""
    if replica_count() == 1:
        return value
    placed = tf.identity(value)  # arguments of functions are on no device, and TensorFlow reduces only what is on one
    return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, placed)


def gather_over_replicas(value):
    """A float tensor [...] of every process, in their order: [processes, ...]."""
    count = replica_count()
    if count == 1:
        return value[None]
    place = tf.one_hot(tf.distribute.get_replica_context().replica_id_in_sync_group, count, dtype=value.dtype)
    return sum_over_replicas(tf.reshape(place, (count, *(1,) * value.shape.rank)) * value[None])
