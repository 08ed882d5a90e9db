package io.novacron.hde.cli;

import io.novacron.hde.bench.BenchReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A {@link BenchReport} for people. */
final class BenchText {
    private BenchText() {}

    static String of(BenchReport report) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%s: %d pages, %d of them not zero (%.1f MB); level %d, median of %d%n%n",
                report.image(),
                report.pages(),
                report.pages() - report.zeroPages(),
                (report.pages() - report.zeroPages()) * 4096 / 1e6,
                report.level(),
                report.repetitions()));
        text.append(speeds(report)).append('\n');
        if (report.zstd1MbS() != null) {
            text.append(String.format(
                    Locale.ROOT,
                    "zstd -1, one thread, the same stream: %.0f MB/s, %.0f by CPU time%n%n",
                    report.zstd1MbS(),
                    report.zstd1CpuMbS()));
            text.append(against(report)).append('\n');
        }
        text.append(estimates(report)).append('\n');
        text.append(tiers(report)).append('\n').append(algorithms(report));
        if (!report.seedInputs().isEmpty()) {
            text.append(
                            "\nThe seed document's inputs. They are periodic strings, a curiosity: what is made of them says ")
                    .append("nothing about guest memory.\n\n")
                    .append(seedInputs(report));
        }
        return text.toString();
    }

    private static Table speeds(BenchReport report) {
        List<String> headings = new ArrayList<>(
                List.of("BASE", ">BYTES", ">ENCODE MB/S", ">BY CPU TIME", ">PACKING", ">DECODE MB/S", ">BY CPU TIME"));
        boolean threads = report.threads() > 1;
        if (threads) {
            headings.addAll(List.of(">" + report.threads() + " THREADS", ">TIMES"));
        }
        Table table = new Table(headings.toArray(String[]::new));
        for (BenchReport.Case each : report.cases()) {
            List<Object> row = new ArrayList<>(List.of(
                    each.base(),
                    each.hdeBytes(),
                    whole(each.encodeMbS()),
                    whole(each.encodeCpuMbS()),
                    whole(100 * each.packShare()) + "%",
                    whole(each.decodeMbS()),
                    whole(each.decodeCpuMbS())));
            if (threads) {
                row.addAll(List.of(whole(each.threadsEncodeMbS()), ratio(each.threadsRatio())));
            }
            table.row(row.toArray());
        }
        return table;
    }

    private static Table against(BenchReport report) {
        Table table = new Table("BASE", "AGAINST", ">BYTES", ">HDE / ZSTD", ">MB/S");
        double megabytes = (report.pages() - report.zeroPages()) * 4096 / 1e6;
        for (BenchReport.Case each : report.cases()) {
            for (BenchReport.Zstd zstd : each.zstd()) {
                boolean patch = !each.base().equals(BenchReport.NONE);
                table.row(
                        each.base(),
                        "zstd -" + zstd.level() + " --long=31" + (patch ? " --patch-from" : ""),
                        zstd.bytes(),
                        ratio(zstd.ratio()),
                        whole(megabytes / zstd.seconds()));
            }
        }
        return table;
    }

    private static Table estimates(BenchReport report) {
        Table table = new Table("BASE", ">PAGES SAMPLED", ">BYTES EXPECTED", ">± (SAMPLING)", ">EXPECTED / HDE");
        for (BenchReport.Case each : report.cases()) {
            BenchReport.Estimated estimate = each.estimate();
            table.row(each.base(), estimate.pages(), estimate.bytes(), estimate.error(), ratio(estimate.ratio()));
        }
        return table;
    }

    private static Table tiers(BenchReport report) {
        Table table = new Table("BASE", ">ZERO", ">KEPT", ">KNOWN", ">DELTA", ">NEW", ">RAW");
        for (BenchReport.Case each : report.cases()) {
            Map<String, Long> pages = each.tiers();
            table.row(
                    each.base(),
                    pages.get("zero"),
                    pages.get("kept"),
                    pages.get("known"),
                    pages.get("delta"),
                    pages.get("new"),
                    pages.get("raw"));
        }
        return table;
    }

    private static Table algorithms(BenchReport report) {
        Table table = new Table("BASE", "FRAMES OF", ">FRAMES", ">PAGES", ">BYTES", ">BYTES A PAGE");
        for (BenchReport.Case each : report.cases()) {
            new TreeMap<>(each.algorithms())
                    .forEach((name, frames) -> table.row(
                            each.base(),
                            name,
                            frames.frames(),
                            frames.pages(),
                            frames.bytes(),
                            frames.bytes() / frames.pages()));
            table.row(each.base(), "(in no frame)", null, null, each.scriptBytes(), null);
        }
        return table;
    }

    private static Table seedInputs(BenchReport report) {
        Table table = new Table("INPUT", ">SIZE", ">HDE", ">ZSTD -3", ">SEED", "WHAT IT IS");
        for (BenchReport.SeedInput each : report.seedInputs()) {
            table.row(each.name(), each.size(), each.hdeBytes(), each.zstdBytes(), each.seedBytes(), each.what());
        }
        return table;
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%.0f", value);
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }
}
