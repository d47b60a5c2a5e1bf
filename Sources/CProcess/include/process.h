#ifndef MDRUN_PROCESS_H
#define MDRUN_PROCESS_H

#include <sys/types.h>

// Starting and ending processes, as far as Swift has no way to say it: fork is not to be had there, and posix_spawn knows neither cores
// nor the death of the parent.

// Starts a program in a process group of its own; the result is its process id, or -1 with errno.
// It is killed when the calling *thread* ends (Linux), so call this from a thread that lives as long as the program may.
// Its signals are at their defaults and not blocked, its input is empty, its output and errors go to `output` (a file descriptor).
// path: the program; arguments, environment: ended by NULL; folder: where it runs; cores, core_count: what it is pinned to (0: nothing).
pid_t mdrun_start(const char *path, char *const arguments[], char *const environment[], const char *folder, int output,
                  const int *cores, int core_count);

// What a program that has ended used.
struct mdrun_usage {
    double user, system; // s of processor time, of all its children that it waited for
    long peak_kilobytes; // the largest resident set of one process among them
    int status;          // as wait has it
};

// Waits for a child; 0, or -1 with errno.
int mdrun_wait(pid_t child, struct mdrun_usage *usage);

// The cores that this process may run on: their numbers go into `cores`, at most `most`; the result is how many.
int mdrun_cores(int *cores, int most);

int mdrun_status_exited(int status);   // the exit status, or -1 if it did not exit
int mdrun_status_signalled(int status); // the signal that ended it, or 0

#endif
