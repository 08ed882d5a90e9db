/*
 * Plays the QEMU whose memory is looked at: holds pages and does with them what it is told.
 *
 * usage: pages COUNT
 *
 * Prints their address in hexadecimal, then answers each of these lines on standard input with "ok":
 *   write PAGE VALUE   every word of the page becomes VALUE
 *   drop PAGE          the page is given back to the kernel
 * It ends when there is nothing more to read.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

int main(int argc, char **argv) {
    size_t count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    uint8_t *memory = mmap(NULL, count * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (count == 0 || memory == MAP_FAILED || madvise(memory, count * PAGE, MADV_NOHUGEPAGE) != 0) {
        fprintf(stderr, "usage: pages COUNT\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%lx\n", (unsigned long) memory);
    char line[80];
    while (fgets(line, sizeof line, stdin)) {
        unsigned long page, value;
        if (sscanf(line, "write %lu %lu", &page, &value) == 2 && page < count) {
            uint64_t *words = (uint64_t *) (memory + page * PAGE);
            for (int i = 0; i < PAGE / 8; i++) {
                words[i] = value;
            }
        } else if (sscanf(line, "drop %lu", &page) == 1 && page < count) {
            madvise(memory + page * PAGE, PAGE, MADV_DONTNEED);
        } else {
            fprintf(stderr, "pages: not understood: %s", line);
            return 2;
        }
        puts("ok");
    }
    return 0;
}
