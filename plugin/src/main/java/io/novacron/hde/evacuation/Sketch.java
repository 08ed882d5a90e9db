package io.novacron.hde.evacuation;

import java.util.Collection;
import java.util.TreeSet;

/**
 * A few of the pages that a VM holds, chosen so that two VMs' sketches tell how much they have in common (bottom-k: Cohen
 * and Kaplan, Summarizing data using bottom-k sketches).
 *
 * @param least the least hashes of its pages, as unsigned numbers, each once
 * @param pages how many pages it holds
 */
public record Sketch(Collection<Long> least, double pages) {
    public Sketch {
        least = unsigned(least);
    }

    private static TreeSet<Long> unsigned(Collection<Long> hashes) {
        TreeSet<Long> set = new TreeSet<>(Long::compareUnsigned);
        set.addAll(hashes);
        return set;
    }

    /** Which part of the pages of this one the other holds too; 0 to 1. */
    public double shareOf(Sketch other) {
        int most = Math.min(least.size(), other.least.size());
        if (most == 0) {
            return 0;
        }
        TreeSet<Long> union = unsigned(least);
        union.addAll(other.least);
        long common = union.stream()
                .limit(most)
                .filter(hash -> least.contains(hash) && other.least.contains(hash))
                .count();
        double alike = (double) common / most;
        double both = alike * (pages + other.pages) / (1 + alike);
        return pages <= 0 ? 0 : Math.min(1, both / pages);
    }
}
