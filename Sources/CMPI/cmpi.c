// The only file that includes <mpi.h>.
#define _GNU_SOURCE
#include "CMPI.h"
#include <limits.h>
#include <mpi.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

static MPI_Comm failures = MPI_COMM_NULL;
static int started = 0, world_rank = 0, world_size = 1, node_size = 1, oversubscribed = 0;

// Whether the ranks of a node have fewer cores than there are ranks: cores that any of them may run on, so that ranks pinned to one
// core each count as having them all, and ranks pinned to the same core do not.
static int shares_cores(MPI_Comm node) {
    cpu_set_t set;
    CPU_ZERO(&set);
    int known = sched_getaffinity(0, sizeof set, &set) == 0, all_known = 0;
    MPI_Allreduce(&known, &all_known, 1, MPI_INT, MPI_MIN, node);
    if (!all_known) return node_size > 1;  // yielding costs little where it is not needed
    MPI_Allreduce(MPI_IN_PLACE, &set, (int)sizeof set, MPI_BYTE, MPI_BOR, node);
    return node_size > CPU_COUNT(&set);
}

static int wait_for(MPI_Request *requests, int count) {
    int done = 0;
    for (;;) {
        int code = MPI_Testall(count, requests, &done, MPI_STATUSES_IGNORE);
        if (code != MPI_SUCCESS || done) return code;
        if (oversubscribed) sched_yield();
    }
}

int cmpi_start(int *rank, int *size, int *ranks_on_node) {
    if (!started) {
        int initialised = 0;
        MPI_Initialized(&initialised);
        if (!initialised) {
            int code = MPI_Init(NULL, NULL);
            if (code != MPI_SUCCESS) return code;
        }
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
        MPI_Comm_rank(MPI_COMM_WORLD, &world_rank);
        MPI_Comm_size(MPI_COMM_WORLD, &world_size);
        MPI_Comm_dup(MPI_COMM_WORLD, &failures);
        MPI_Comm node;
        MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
        MPI_Comm_size(node, &node_size);
        oversubscribed = shares_cores(node);
        MPI_Comm_free(&node);
        started = 1;
    }
    *rank = world_rank;
    *size = world_size;
    *ranks_on_node = node_size;
    return MPI_SUCCESS;
}

int cmpi_finish(void) {
    int finalised = 0;
    MPI_Finalized(&finalised);
    return started && !finalised ? MPI_Finalize() : MPI_SUCCESS;
}

int cmpi_all_failed(double seconds) {
    if (!started) return 1;
    MPI_Request request;
    if (MPI_Ibarrier(failures, &request) != MPI_SUCCESS) return 0;
    double limit = MPI_Wtime() + seconds;
    int done = 0;
    while (!done && MPI_Wtime() < limit) {
        if (MPI_Test(&request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS) return 0;
        if (!done) sched_yield();
    }
    return done;
}

void cmpi_abort(int code) {
    if (started) MPI_Abort(MPI_COMM_WORLD, code);
    _Exit(code);
}

const char *cmpi_library_version(void) {
    static char text[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(text, &length);
    char *end = strchr(text, '\n');
    if (end) *end = 0;
    return text;
}

void cmpi_error_text(int code, char *text, int capacity) {
    char buffer[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, buffer, &length);
    strncpy(text, buffer, (size_t)capacity - 1);
    text[capacity - 1] = 0;
}

double cmpi_wall_time(void) { return MPI_Wtime(); }

static MPI_Op operation_of(cmpi_operation operation) {
    return operation == CMPI_SUM ? MPI_SUM : operation == CMPI_MIN ? MPI_MIN : MPI_MAX;
}

int cmpi_barrier(void) {
    MPI_Request request;
    int code = MPI_Ibarrier(MPI_COMM_WORLD, &request);
    return code != MPI_SUCCESS ? code : wait_for(&request, 1);
}

int cmpi_broadcast(void *bytes, size_t count, int root) {
    char *at = bytes;
    while (count > 0) {
        int piece = count > INT_MAX ? INT_MAX : (int)count;
        MPI_Request request;
        int code = MPI_Ibcast(at, piece, MPI_BYTE, root, MPI_COMM_WORLD, &request);
        if (code == MPI_SUCCESS) code = wait_for(&request, 1);
        if (code != MPI_SUCCESS) return code;
        at += piece;
        count -= (size_t)piece;
    }
    return MPI_SUCCESS;
}

static int allreduce(void *values, int count, MPI_Datatype type, cmpi_operation operation) {
    MPI_Request request;
    int code = MPI_Iallreduce(MPI_IN_PLACE, values, count, type, operation_of(operation), MPI_COMM_WORLD, &request);
    return code != MPI_SUCCESS ? code : wait_for(&request, 1);
}

int cmpi_allreduce_f64(double *values, int count, cmpi_operation operation) {
    return allreduce(values, count, MPI_DOUBLE, operation);
}

int cmpi_allreduce_i64(int64_t *values, int count, cmpi_operation operation) {
    return allreduce(values, count, MPI_INT64_T, operation);
}

int cmpi_allgather_i64(const int64_t *values, int count, int64_t *gathered) {
    MPI_Request request;
    int code = MPI_Iallgather(values, count, MPI_INT64_T, gathered, count, MPI_INT64_T, MPI_COMM_WORLD, &request);
    return code != MPI_SUCCESS ? code : wait_for(&request, 1);
}

int cmpi_alltoall_i64(const int64_t *send, int64_t *receive) {
    MPI_Request request;
    int code = MPI_Ialltoall(send, 1, MPI_INT64_T, receive, 1, MPI_INT64_T, MPI_COMM_WORLD, &request);
    return code != MPI_SUCCESS ? code : wait_for(&request, 1);
}

int cmpi_exchange(const void *send, size_t send_count, int destination, void *receive, size_t receive_count, int source) {
    const char *from = send;
    char *into = receive;
    // Both sides know both counts, so both cut a large message at the same places.
    while (send_count > 0 || receive_count > 0) {
        MPI_Request requests[2];
        int count = 0, code = MPI_SUCCESS;
        int out = send_count > INT_MAX ? INT_MAX : (int)send_count;
        int in = receive_count > INT_MAX ? INT_MAX : (int)receive_count;
        if (in > 0) code = MPI_Irecv(into, in, MPI_BYTE, source, 1, MPI_COMM_WORLD, &requests[count++]);
        if (code == MPI_SUCCESS && out > 0)
            code = MPI_Isend(from, out, MPI_BYTE, destination, 1, MPI_COMM_WORLD, &requests[count++]);
        if (code == MPI_SUCCESS) code = wait_for(requests, count);
        if (code != MPI_SUCCESS) return code;
        from += out;
        into += in;
        send_count -= (size_t)out;
        receive_count -= (size_t)in;
    }
    return MPI_SUCCESS;
}

int cmpi_alltoallv(const void *send, const int64_t *send_offsets, void *receive, const int64_t *receive_offsets) {
    const char *from = send;
    char *into = receive;
    MPI_Request *requests = malloc(2 * (size_t)world_size * sizeof *requests);
    if (!requests) return MPI_ERR_NO_MEM;
    int count = 0, code = MPI_SUCCESS;
    for (int r = 0; r < world_size && code == MPI_SUCCESS; r++) {
        int64_t size = receive_offsets[r + 1] - receive_offsets[r];
        if (size > INT_MAX) code = MPI_ERR_COUNT;
        else if (size > 0 && r != world_rank)
            code = MPI_Irecv(into + receive_offsets[r], (int)size, MPI_BYTE, r, 2, MPI_COMM_WORLD, &requests[count++]);
    }
    for (int r = 0; r < world_size && code == MPI_SUCCESS; r++) {
        int64_t size = send_offsets[r + 1] - send_offsets[r];
        if (size > INT_MAX) code = MPI_ERR_COUNT;
        else if (size > 0 && r == world_rank) memcpy(into + receive_offsets[r], from + send_offsets[r], (size_t)size);
        else if (size > 0)
            code = MPI_Isend(from + send_offsets[r], (int)size, MPI_BYTE, r, 2, MPI_COMM_WORLD, &requests[count++]);
    }
    if (code == MPI_SUCCESS) code = wait_for(requests, count);
    free(requests);
    return code;
}
