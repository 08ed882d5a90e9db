/*
 * Holds memory in known patterns inside a guest, rewrites part of it all the time, and checks all of it in a loop:
 * a migration that changes, loses or mixes up a page is seen by the guest itself.
 *
 * usage: check SEED MIB REWRITE_KIB_PER_S RANDOM_PERCENT PAUSE_MS
 *
 *   SEED               two guests with different seeds hold no equal pages
 *   MIB                how much memory it holds
 *   REWRITE_KIB_PER_S  upper limit of what it rewrites; only every fourth page is ever rewritten
 *   RANDOM_PERCENT     share of the pages that no compressor can shrink; the rest repeat a tile of 64 bytes
 *   PAUSE_MS           rest between two rounds of checking, so that the guest leaves the processor to others
 *
 * What a page must hold follows from the seed, its index and its version alone, and the versions are kept elsewhere:
 *   tile    64 bytes made from (index, version), repeated            compresses to next to nothing
 *   random  4096 bytes made from (index, version)                    does not compress, a rewrite changes all of it
 *   patch   4096 bytes made from index, 64 of them from version      does not compress, a rewrite changes 128 bytes
 * RANDOM_PERCENT of the pages are random or patch in equal parts.
 *
 * Output, on standard output, one line each:
 *   check: holding N pages at ADDRESS
 *   check: round R: N pages ok
 *   check: WRONG page I version V: first wrong word at byte B, expected X, found Y
 *   check: round R: N pages, W WRONG
 * It never stops by itself.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { PAGE = 4096, WORDS = PAGE / 8, TILE_WORDS = 8, CHUNK = 64, REPORTS_PER_ROUND = 10, REST_STEP_MS = 20 };

static uint64_t mix(uint64_t a, uint64_t b) {
    uint64_t z = a * UINT64_C(0x9E3779B97F4A7C15) + b * UINT64_C(0xC2B2AE3D27D4EB4F) + 1;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void fill_random(uint64_t *words, int count, uint64_t seed) {
    uint64_t s = seed | 1;
    for (int i = 0; i < count; i++) {
        s ^= s << 13;
        s ^= s >> 7;
        s ^= s << 17;
        words[i] = s;
    }
}

static unsigned random_percent;
static uint64_t guest_seed;

/* Makes the page's content and returns after how many words it repeats; only that many are written. */
static int make_page(uint64_t *words, uint32_t index, uint32_t version) {
    uint64_t lot = mix(index, UINT64_MAX) % 200;
    uint64_t seed = mix(mix(guest_seed, index), version);
    if (lot >= 2 * random_percent) {
        fill_random(words, TILE_WORDS, seed);
        return TILE_WORDS;
    }
    if (lot & 1) {
        fill_random(words, WORDS, seed);
    } else {
        fill_random(words, WORDS, mix(guest_seed, index));
        fill_random(words + seed % (WORDS / TILE_WORDS) * TILE_WORDS, TILE_WORDS, seed);
    }
    return WORDS;
}

static void write_page(uint64_t *words, uint32_t index, uint32_t version) {
    for (int i = make_page(words, index, version); i < WORDS; i++) {
        words[i] = words[i - TILE_WORDS];
    }
}

static uint8_t *memory;
static uint32_t *versions;
static uint32_t pages;
static uint32_t wrong;

static void check_page(uint32_t index) {
    static uint64_t expected[WORDS];
    const uint64_t *page = (const uint64_t *) (memory + (size_t) index * PAGE);
    /* Eight bytes at a time: what memcmp does with vectors is dear on an emulated processor. */
    const uint64_t *want = expected;
    int period = make_page(expected, index, versions[index]);
    int at = 0;
    while (at < WORDS && page[at] == want[at & (period - 1)]) {
        at++;
    }
    if (at == WORDS || wrong++ >= REPORTS_PER_ROUND) {
        return;
    }
    printf("check: WRONG page %" PRIu32 " version %" PRIu32 ": first wrong word at byte %d, expected %016" PRIx64
           ", found %016" PRIx64 "\n",
           index, versions[index], at * 8, want[at & (period - 1)], page[at]);
}

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t) t.tv_sec * 1000 + (uint64_t) t.tv_nsec / 1000000;
}

/* Rewrites as many pages as the time since the last call allows. */
static void rewrite(uint64_t kib_per_s) {
    static uint64_t last, owed, draws;
    uint64_t now = now_ms();
    owed += last == 0 ? 0 : (now - last) * kib_per_s * 1024 / 1000;
    last = now;
    /* A pause of the whole guest must not be made up for by a burst. */
    if (owed > kib_per_s * 1024 / 4) {
        owed = kib_per_s * 1024 / 4;
    }
    for (; owed >= PAGE; owed -= PAGE) {
        uint32_t pick = (uint32_t) (mix(draws++, pages) % (pages / 4)) * 4;
        check_page(pick);
        write_page((uint64_t *) (memory + (size_t) pick * PAGE), pick, ++versions[pick]);
    }
}

static unsigned long number(const char *text, const char *what, unsigned long max) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*text == 0 || *end != 0 || value > max) {
        fprintf(stderr, "check: %s must be a number up to %lu, not '%s'\n", what, max, text);
        exit(2);
    }
    return value;
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: check SEED MIB REWRITE_KIB_PER_S RANDOM_PERCENT PAUSE_MS\n");
        return 2;
    }
    guest_seed = number(argv[1], "SEED", UINT32_MAX);
    pages = (uint32_t) number(argv[2], "MIB", 1 << 20) * (1048576 / PAGE);
    uint64_t rewrite_kib = number(argv[3], "REWRITE_KIB_PER_S", 1 << 20);
    random_percent = (unsigned) number(argv[4], "RANDOM_PERCENT", 100);
    uint64_t pause_ms = number(argv[5], "PAUSE_MS", 3600000);
    setvbuf(stdout, NULL, _IOLBF, 0);

    memory = mmap(NULL, (size_t) pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    versions = calloc(pages, sizeof *versions);
    if (pages == 0 || memory == MAP_FAILED || versions == NULL) {
        fprintf(stderr, "check: cannot hold %s MiB\n", argv[2]);
        return 1;
    }
    for (uint32_t i = 0; i < pages; i++) {
        write_page((uint64_t *) (memory + (size_t) i * PAGE), i, 0);
    }
    printf("check: holding %" PRIu32 " pages at %p\n", pages, (void *) memory);

    for (uint64_t round = 1;; round++) {
        wrong = 0;
        for (uint32_t i = 0; i < pages; i++) {
            check_page(i);
            if (i % CHUNK == 0) {
                rewrite(rewrite_kib);
            }
        }
        for (uint64_t rested = 0; rested < pause_ms; rested += REST_STEP_MS) {
            struct timespec rest = {0, REST_STEP_MS * 1000000L};
            nanosleep(&rest, NULL);
            rewrite(rewrite_kib);
        }
        if (wrong == 0) {
            printf("check: round %" PRIu64 ": %" PRIu32 " pages ok\n", round, pages);
        } else {
            printf("check: round %" PRIu64 ": %" PRIu32 " pages, %" PRIu32 " WRONG\n", round, pages, wrong);
        }
    }
}
