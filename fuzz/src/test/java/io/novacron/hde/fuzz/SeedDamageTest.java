package io.novacron.hde.fuzz;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Well-formed input of every fuzzer with some damage. */
class SeedDamageTest {
    private static final Map<FuzzTarget, List<byte[]>> SEEDS = new EnumMap<>(FuzzTarget.class);

    @Property(tries = 600)
    void damagedSeeds(@ForAll FuzzTarget target, @ForAll @IntRange(max = 1000) int which, @ForAll long seed)
            throws Exception {
        List<byte[]> seeds = SEEDS.get(target);
        if (seeds == null) {
            seeds = new ArrayList<>(target.seeds().values());
            SEEDS.put(target, seeds);
        }
        target.run(Hostile.damaged(seeds.get(which % seeds.size()), seed));
    }
}
