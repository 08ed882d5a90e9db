/*
 * Keeps the TLB of every processor of a guest from growing old: two processes for each take turns, and each turn
 * switches the address space, which flushes the TLB. Why the lab needs that is told in guests.sh.
 *
 * usage: flush PERIOD_MS        never ends
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void stay_on(long processor) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((int) processor, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) {
        perror("flush: sched_setaffinity");
        exit(1);
    }
}

int main(int argc, char **argv) {
    long period_ms = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (period_ms < 1 || period_ms > 999) {
        fprintf(stderr, "usage: flush PERIOD_MS, from 1 to 999\n");
        return 2;
    }
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    /* A chain: each process starts the next one and takes its place in the turns. */
    for (long turn = 0; turn < 2 * processors - 1; turn++) {
        stay_on(turn / 2);
        pid_t child = fork();
        if (child < 0) {
            perror("flush: fork");
            return 1;
        }
        if (child > 0) {
            break;
        }
        stay_on((turn + 1) / 2);
    }
    for (;;) {
        struct timespec period = {0, period_ms * 1000000};
        nanosleep(&period, NULL);
    }
}
