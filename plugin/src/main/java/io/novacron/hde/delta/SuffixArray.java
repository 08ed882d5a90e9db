package io.novacron.hde.delta;

import java.util.Arrays;

/**
 * Sorts the suffixes of a text by induced sorting, in time linear in its length whatever the text is (Nong, Zhang and
 * Chan, Two efficient algorithms for linear time suffix array construction, 2009: SA-IS). Takes 4 bytes for each byte of
 * text, which stay, and up to 2 more while it sorts.
 */
final class SuffixArray {
    private int[] suffixes = new int[0];

    /**
     * Where the suffixes of the first {@code length} bytes begin, in their order, bytes taken as unsigned.
     *
     * @return valid until the next call; element 0 is the empty suffix, elements 1 to {@code length} are the others
     */
    int[] sort(byte[] text, int length) {
        if (suffixes.length < length + 1) {
            suffixes = new int[length + 1];
        }
        sort(new Text(text, null, 0, length + 1), 1 << Byte.SIZE);
        return suffixes;
    }

    /**
     * What is sorted: bytes, or names of substrings as they lie in the array; the last character is the least and is
     * there only once.
     */
    private static final class Text {
        /** Null if it consists of names. */
        private final byte[] bytes;

        private final int[] names;
        private final int from;
        private final int length;

        Text(byte[] bytes, int[] names, int from, int length) {
            this.bytes = bytes;
            this.names = names;
            this.from = from;
            this.length = length;
        }

        int length() {
            return length;
        }

        int at(int index) {
            if (bytes == null) {
                return names[from + index];
            }
            return index == length - 1 ? 0 : 1 + (bytes[index] & 0xff);
        }
    }

    /** The characters of a text by type: S if the suffix there is less than the one after it, else L. */
    private static final class Types {
        private final long[] smaller;

        Types(Text text) {
            int length = text.length();
            smaller = new long[(length >>> 6) + 1];
            set(length - 1);
            for (int i = length - 2; i >= 0; i--) {
                int here = text.at(i);
                int next = text.at(i + 1);
                if (here < next || (here == next && isSmaller(i + 1))) {
                    set(i);
                }
            }
        }

        private void set(int index) {
            smaller[index >>> 6] |= 1L << index;
        }

        boolean isSmaller(int index) {
            return (smaller[index >>> 6] & 1L << index) != 0;
        }

        /** Whether it is the leftmost of a run of type S. */
        boolean isLeftmost(int index) {
            return index > 0 && isSmaller(index) && !isSmaller(index - 1);
        }
    }

    /** Sorts into the first {@code text.length()} elements. */
    private void sort(Text text, int greatest) {
        int length = text.length();
        if (length == 1) {
            suffixes[0] = 0;
            return;
        }
        Types types = new Types(text);
        int[] buckets = new int[greatest + 1];

        // Leftmost S substrings at the ends of their buckets, in any order; the rest follows from them.
        bucketEnds(text, buckets);
        Arrays.fill(suffixes, 0, length, -1);
        for (int i = 1; i < length; i++) {
            if (types.isLeftmost(i)) {
                suffixes[--buckets[text.at(i)]] = i;
            }
        }
        induce(text, types, buckets);

        int count = 0;
        for (int i = 0; i < length; i++) {
            if (types.isLeftmost(suffixes[i])) {
                suffixes[count++] = suffixes[i];
            }
        }
        int names = name(text, types, count);
        int from = length - count;
        if (names < count) {
            sort(new Text(null, suffixes, from, count), names - 1);
        } else {
            for (int i = 0; i < count; i++) {
                suffixes[suffixes[from + i]] = i;
            }
        }

        // The leftmost S suffixes are in order now; the same once more with that order.
        for (int i = 1, j = from; i < length; i++) {
            if (types.isLeftmost(i)) {
                suffixes[j++] = i;
            }
        }
        for (int i = 0; i < count; i++) {
            suffixes[i] = suffixes[from + suffixes[i]];
        }
        Arrays.fill(suffixes, count, length, -1);
        bucketEnds(text, buckets);
        for (int i = count - 1; i >= 0; i--) {
            int suffix = suffixes[i];
            suffixes[i] = -1;
            suffixes[--buckets[text.at(suffix)]] = suffix;
        }
        induce(text, types, buckets);
    }

    /** Names the sorted leftmost S substrings, equal ones alike; puts the names, in the text's order, to the end. */
    private int name(Text text, Types types, int count) {
        int length = text.length();
        Arrays.fill(suffixes, count, length, -1);
        int names = 0;
        int last = -1;
        for (int i = 0; i < count; i++) {
            int substring = suffixes[i];
            if (last < 0 || !equal(text, types, last, substring)) {
                names++;
                last = substring;
            }
            // No two of them are neighbours, so half the places are enough.
            suffixes[count + substring / 2] = names - 1;
        }
        for (int i = length - 1, j = length - 1; i >= count; i--) {
            if (suffixes[i] >= 0) {
                suffixes[j--] = suffixes[i];
            }
        }
        return names;
    }

    private static boolean equal(Text text, Types types, int one, int other) {
        for (int i = 0; ; i++) {
            if (text.at(one + i) != text.at(other + i) || types.isSmaller(one + i) != types.isSmaller(other + i)) {
                return false;
            }
            if (i > 0 && (types.isLeftmost(one + i) || types.isLeftmost(other + i))) {
                return true;
            }
        }
    }

    /** From the S suffixes that are in place the L suffixes, forwards, and from those all S suffixes, backwards. */
    private void induce(Text text, Types types, int[] buckets) {
        int length = text.length();
        bucketStarts(text, buckets);
        for (int i = 0; i < length; i++) {
            int before = suffixes[i] - 1;
            if (before >= 0 && !types.isSmaller(before)) {
                suffixes[buckets[text.at(before)]++] = before;
            }
        }
        bucketEnds(text, buckets);
        for (int i = length - 1; i >= 0; i--) {
            int before = suffixes[i] - 1;
            if (before >= 0 && types.isSmaller(before)) {
                suffixes[--buckets[text.at(before)]] = before;
            }
        }
    }

    private static void bucketEnds(Text text, int[] buckets) {
        count(text, buckets);
        for (int i = 1; i < buckets.length; i++) {
            buckets[i] += buckets[i - 1];
        }
    }

    private static void bucketStarts(Text text, int[] buckets) {
        bucketEnds(text, buckets);
        for (int i = buckets.length - 1; i > 0; i--) {
            buckets[i] = buckets[i - 1];
        }
        buckets[0] = 0;
    }

    private static void count(Text text, int[] buckets) {
        Arrays.fill(buckets, 0);
        for (int i = 0; i < text.length(); i++) {
            buckets[text.at(i)]++;
        }
    }
}
