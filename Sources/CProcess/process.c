#define _GNU_SOURCE
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

pid_t mdrun_start(const char *path, char *const arguments[], char *const environment[], const char *folder, int output,
                  const int *cores, int core_count) {
    int failure[2]; // closed by exec; otherwise carries errno
    if (pipe2(failure, O_CLOEXEC) != 0) return -1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == -1) {
        int error = errno;
        close(failure[0]);
        close(failure[1]);
        errno = error;
        return -1;
    }
    if (child == 0) {
        // Only what is safe after fork in a program with threads.
        setpgid(0, 0);
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(127); // it died before it was watched
        if (core_count > 0) {
            cpu_set_t set;
            CPU_ZERO(&set);
            for (int k = 0; k < core_count; ++k)
                if (cores[k] >= 0 && cores[k] < CPU_SETSIZE) CPU_SET(cores[k], &set);
            sched_setaffinity(0, sizeof set, &set);
        }
#endif
        for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        int empty = open("/dev/null", O_RDONLY);
        if (chdir(folder) == 0 && empty >= 0 && dup2(empty, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2)
            execve(path, arguments, environment);
        int error = errno;
        ssize_t written = write(failure[1], &error, sizeof error);
        _exit(written == sizeof error ? 127 : 126);
    }
    setpgid(child, child); // whichever comes first
    close(failure[1]);
    int error = 0;
    ssize_t got;
    do got = read(failure[0], &error, sizeof error);
    while (got == -1 && errno == EINTR);
    close(failure[0]);
    if (got == sizeof error) {
        while (waitpid(child, NULL, 0) == -1 && errno == EINTR) {}
        errno = error;
        return -1;
    }
    return child;
}

int mdrun_wait(pid_t child, struct mdrun_usage *usage) {
    struct rusage used;
    int status;
    pid_t got;
    do got = wait4(child, &status, 0, &used);
    while (got == -1 && errno == EINTR);
    if (got == -1) return -1;
    usage->user = (double)used.ru_utime.tv_sec + 1e-6 * (double)used.ru_utime.tv_usec;
    usage->system = (double)used.ru_stime.tv_sec + 1e-6 * (double)used.ru_stime.tv_usec;
    usage->peak_kilobytes = used.ru_maxrss;
    usage->status = status;
    return 0;
}

int mdrun_cores(int *cores, int most) {
    int count = 0;
#ifdef __linux__
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        for (int k = 0; k < CPU_SETSIZE && count < most; ++k)
            if (CPU_ISSET(k, &set)) cores[count++] = k;
#endif
    if (count == 0)
        for (long k = 0; k < sysconf(_SC_NPROCESSORS_ONLN) && count < most; ++k) cores[count++] = (int)k;
    return count;
}

int mdrun_status_exited(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
int mdrun_status_signalled(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
