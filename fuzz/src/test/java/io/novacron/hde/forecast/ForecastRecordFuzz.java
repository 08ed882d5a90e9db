package io.novacron.hde.forecast;

import io.novacron.hde.fuzz.Bounded;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** A past forecast in the store. */
public final class ForecastRecordFuzz {
    private ForecastRecordFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Bounded.run(
                64L * bytes.length,
                () -> PastForecast.read(bytes).ifPresent(past -> {
                    check(past.early().error());
                    check(past.middle().error());
                }));
    }

    private static void check(OptionalDouble error) {
        if (error.isPresent() && !(error.getAsDouble() >= 0 && error.getAsDouble() <= 10)) {
            throw new AssertionError("an error of " + error.getAsDouble());
        }
    }

    /** One with and one without a forecast. */
    public static Map<String, byte[]> seeds() {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        PastForecast.Said said = new PastForecast.Said(1 << 20, 1000, 1 << 21, 900);
        PastForecast.Said nothing =
                new PastForecast.Said(PastForecast.Said.NOTHING, PastForecast.Said.NOTHING, 1 << 21, 900);
        seeds.put("said", new PastForecast("beta", 100, said, said).value());
        seeds.put("nothing", new PastForecast("", PastForecast.WITH_A_BASELINE, nothing, said).value());
        return seeds;
    }
}
