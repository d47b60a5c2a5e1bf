// mdrun's own narrow view of MPI. Nothing here names an MPI type, so Swift never sees <mpi.h>.
//
// Every wait is a loop over MPI_Test; when a node runs more ranks than it has cores the loop yields the processor. A blocking
// MPICH call spins through its whole time slice instead, and made an exchange of four ranks on two cores 60 times slower.
// Functions return 0 (MPI_SUCCESS) or an MPI error code; cmpi_error_text turns a code into text.
#ifndef MDRUN_CMPI_H
#define MDRUN_CMPI_H

#include <stddef.h>
#include <stdint.h>

typedef enum { CMPI_SUM = 0, CMPI_MIN = 1, CMPI_MAX = 2 } cmpi_operation;

/// Starts MPI and finds out whether this node is oversubscribed. Calling it twice is harmless.
int cmpi_start(int *rank, int *size, int *ranks_on_node);
int cmpi_finish(void);
/// Whether all ranks call this within `seconds` of each other: then they have all failed alike and can end in order. Uses its own
/// communicator, so a rank that waits elsewhere is not disturbed.
int cmpi_all_failed(double seconds);
/// Ends every rank with `code`.
void cmpi_abort(int code);
const char *cmpi_library_version(void);
void cmpi_error_text(int code, char *text, int capacity);
double cmpi_wall_time(void);

int cmpi_barrier(void);
int cmpi_broadcast(void *bytes, size_t count, int root);
int cmpi_allreduce_f64(double *values, int count, cmpi_operation operation);
int cmpi_allreduce_i64(int64_t *values, int count, cmpi_operation operation);
int cmpi_allgather_i64(const int64_t *values, int count, int64_t *gathered);
/// One int64 to and from every rank.
int cmpi_alltoall_i64(const int64_t *send, int64_t *receive);

/// Sends `send_count` bytes to `destination` while receiving `receive_count` bytes from `source`; either count may be 0.
int cmpi_exchange(const void *send, size_t send_count, int destination, void *receive, size_t receive_count, int source);

/// Sends parcel r (bytes send + send_offsets[r] ... send_offsets[r + 1]) to rank r and receives likewise.
int cmpi_alltoallv(const void *send, const int64_t *send_offsets, void *receive, const int64_t *receive_offsets);

#endif
