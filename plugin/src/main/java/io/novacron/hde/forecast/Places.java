package io.novacron.hde.forecast;

import io.novacron.hde.codec.GuestOutline;

/**
 * A number of places in a guest's memory, by what the agreed baseline has there.
 *
 * @param content a page that is not zero
 * @param zero a zero page
 * @param absent nothing
 */
record Places(double content, double zero, double absent) {
    static final Places NONE = new Places(0, 0, 0);

    /** A zero page takes a few bytes of the stream, others 4 KiB. */
    private static final double WORK_OF_A_ZERO_PAGE = 1.0 / 64;

    /** The first places. */
    static Places first(GuestOutline guest, long count) {
        double content = guest.content(count);
        double zero = guest.zero(count);
        return new Places(content, zero, Math.max(0, Math.min(count, guest.pages()) - content - zero));
    }

    Places plus(Places other) {
        return new Places(content + other.content, zero + other.zero, absent + other.absent);
    }

    /** Without those; never less than none. */
    Places minus(Places other) {
        return new Places(
                Math.max(0, content - other.content),
                Math.max(0, zero - other.zero),
                Math.max(0, absent - other.absent));
    }

    Places times(double factor) {
        return new Places(content * factor, zero * factor, absent * factor);
    }

    double count() {
        return content + zero + absent;
    }

    /** What going through them takes that is not the link's time, in pages. */
    double work() {
        return content + zero * WORK_OF_A_ZERO_PAGE + absent;
    }

    /**
     * How many bytes they cost, in pages that have to be sent.
     *
     * @param changed which part of the content is not what the baseline has
     * @param filled which part of the absent pages is not zero
     */
    double cost(double changed, double filled, double zeroNowFilled) {
        return content * changed + zero * zeroNowFilled + absent * filled;
    }
}
