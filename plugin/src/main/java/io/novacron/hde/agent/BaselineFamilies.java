package io.novacron.hde.agent;

import io.novacron.hde.baseline.Baseline;
import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.dictionary.Families;
import io.novacron.hde.page.PageId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Families of VMs by their newest baselines: two VMs belong together when at least a twentieth of their distinct pages is
 * the same, which VMs of one image have by far, and others by far not. libvirt does not say which image a domain was made
 * from, and a name or a path of a disk would be a guess.
 *
 * <p>The share is estimated from the {@value #SKETCH} least PageIds of each (Broder, "On the resemblance and containment of
 * documents", 1997): a PageId is as good as random.
 */
final class BaselineFamilies implements Families {
    private static final int SKETCH = 256;
    private static final double LEAST_SHARED = 0.05;

    private final BaselineCatalog catalog;
    private final int maxChunks;

    /** @param maxChunks a larger table is not loaded, and its VM belongs to no family */
    BaselineFamilies(BaselineCatalog catalog, int maxChunks) {
        this.catalog = catalog;
        this.maxChunks = maxChunks;
    }

    @Override
    public List<Set<UUID>> among(Collection<UUID> vms) {
        Map<UUID, SortedSet<Long>> sketches = new LinkedHashMap<>();
        for (UUID vm : vms) {
            catalog.newest(vm)
                    .filter(baseline -> chunks(baseline) <= maxChunks)
                    .flatMap(baseline -> catalog.load(baseline.root()))
                    .ifPresent(table -> sketches.put(vm, sketch(table)));
        }
        List<Set<UUID>> families = new ArrayList<>();
        sketches.forEach((vm, sketch) -> {
            Set<UUID> joined = new LinkedHashSet<>(Set.of(vm));
            for (Set<UUID> family : List.copyOf(families)) {
                if (family.stream().anyMatch(member -> shared(sketch, sketches.get(member)) >= LEAST_SHARED)) {
                    joined.addAll(family);
                    families.remove(family);
                }
            }
            families.add(joined);
        });
        families.removeIf(family -> family.size() < 2);
        return families;
    }

    private static long chunks(Baseline baseline) {
        return baseline.layout().stream().mapToLong(BlockLayout::chunks).sum();
    }

    private static SortedSet<Long> sketch(MemoryTable table) {
        TreeSet<Long> least = new TreeSet<>();
        table.forEachPresent((block, page, high, low) -> {
            boolean content = high != 0 && high != PageId.ZERO_PAGE.high();
            if (content && (least.size() < SKETCH || high < least.last())) {
                least.add(high);
                if (least.size() > SKETCH) {
                    least.pollLast();
                }
            }
            return true;
        });
        return least;
    }

    /** The estimated share of their distinct pages that both have. */
    static double shared(SortedSet<Long> one, SortedSet<Long> other) {
        TreeSet<Long> union = new TreeSet<>(one);
        union.addAll(other);
        int looked = 0;
        int inBoth = 0;
        for (long high : union) {
            if (looked == SKETCH) {
                break;
            }
            looked++;
            inBoth += one.contains(high) && other.contains(high) ? 1 : 0;
        }
        return looked == 0 ? 0 : (double) inBoth / looked;
    }
}
