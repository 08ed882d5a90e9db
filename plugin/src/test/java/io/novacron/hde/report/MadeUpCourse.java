package io.novacron.hde.report;

import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.PagesByTier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A migration of a guest of 1 GiB that never was. */
final class MadeUpCourse {
    static final String ID = "00112233445566778899aabbccddeeff";
    private static final Instant BEGAN = Instant.parse("2026-11-28T12:00:00Z");
    private static final int POINTS = 120;
    private static final int CELLS = 4096;

    private MadeUpCourse() {}

    static ChannelReport report(String vm, String peer, String reason) {
        return new ChannelReport(
                ID,
                vm,
                "7c9e6679-7425-40de-944b-e07fc1f90ae7",
                peer,
                ChannelReport.Direction.SEND,
                ChannelReport.Kind.MEMORY,
                "ended",
                BEGAN,
                BEGAN.plusMillis(12_345),
                351L << 20,
                11_534_336,
                new PagesByTier(178_000, 61_000, 9_321, 5_020, 7_003, 12),
                4,
                12_500_000,
                0,
                null,
                null,
                null,
                null,
                0,
                1,
                new ChannelReport.Switchover(84, 6, 31, 44),
                "ab".repeat(32),
                "cd".repeat(32),
                reason == null ? ChannelReport.Outcome.COMPLETED : ChannelReport.Outcome.FAILED,
                reason,
                null,
                null,
                List.of(
                        new ChannelReport.Level(3, 1, 1, 0),
                        new ChannelReport.Level(1500, 6, 4, 12_000_000),
                        new ChannelReport.Level(7000, 9, 8, 12_500_000),
                        new ChannelReport.Level(9000, 3, 1, 12_500_000)));
    }

    static ChannelCourse course(ChannelReport report) {
        List<ChannelCourse.Point> points = new ArrayList<>();
        PagesByTier pages = report.pagesByTier();
        for (int i = 0; i <= POINTS; i++) {
            double part = (double) i / POINTS;
            double slow = part * part;
            points.add(new ChannelCourse.Point(
                    i * 12_345L / POINTS,
                    (long) (report.streamBytes() * part),
                    (long) (report.wireBytes() * slow),
                    (long) (pages.zero() * Math.sqrt(part)),
                    (long) (pages.kept() * part),
                    (long) (pages.known() * part),
                    (long) (pages.delta() * slow),
                    (long) (pages.newPages() * slow),
                    pages.raw(),
                    (long) (3_000_000 * slow),
                    (long) (7_500_000 * slow),
                    100_000,
                    i == 0 ? 0 : 1 + 4 * i / (POINTS + 1),
                    12_500_000));
        }
        return new ChannelCourse(report, 0, points, map());
    }

    private static ChannelCourse.Map map() {
        Random random = new Random(7);
        StringBuilder tiers = new StringBuilder();
        StringBuilder times = new StringBuilder();
        char tier = '0';
        for (int i = 0; i < CELLS + 2; i++) {
            if (random.nextInt(12) == 0) {
                tier = "00011112344.".charAt(random.nextInt(12));
            }
            tiers.append(tier);
            times.append(tier == '.' ? '0' : random.nextInt(20) == 0 ? '3' : '1');
        }
        return new ChannelCourse.Map(
                List.of(
                        new ChannelCourse.Block("pc.ram", 1 << 30, CELLS),
                        new ChannelCourse.Block("vga.vram", 524_288, 2)),
                64,
                tiers.toString(),
                times.toString());
    }
}
