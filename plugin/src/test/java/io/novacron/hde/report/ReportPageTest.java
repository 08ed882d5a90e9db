package io.novacron.hde.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.PagesByTier;
import java.io.StringReader;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class ReportPageTest {
    private static final Pattern SVG = Pattern.compile("<svg .*?</svg>", Pattern.DOTALL);

    private static String page(String vm, String peer, String reason) {
        return ReportPage.of("alpha", List.of(MadeUpCourse.course(MadeUpCourse.report(vm, peer, reason))));
    }

    @Test
    void theFiguresAreThoseOfTheRecord() {
        assertThat(page("web", "beta", null))
                .contains(
                        "<title>web: alpha to beta</title>",
                        "id=\"crossed\" data-value=\"11534336\">11.0 MiB</b>",
                        "of 351.0 MiB that QEMU wrote",
                        "id=\"saved\" data-value=\"356515840\">96.9 %</b>",
                        "id=\"took\" data-value=\"12345\">12.3 s</b>",
                        "id=\"stood-still\" data-value=\"165\">165 ms</b>",
                        "id=\"went-through\" data-value=\"4\">4</b>",
                        "id=\"pages-kept\" data-value=\"61000\">61,000 pages</td>",
                        "id=\"pages-raw\" data-value=\"12\">",
                        "id=\"downtime-delivery\" data-value=\"31\">31 ms</td>",
                        "id=\"migration\" data-value=\"" + MadeUpCourse.ID + "\"",
                        "31.9 times less than QEMU wrote",
                        ">pc.ram, 1.0 GiB</text>",
                        "1 small block (firmware");
    }

    @Test
    void itNeedsNothingFromAnywhere() {
        assertThat(page("web", "beta", null))
                .doesNotContain("http://", "https://", "src=", "href=", "url(", "@import", "<script", "<link")
                .contains("default-src 'none'");
    }

    @Test
    void whateverANameHoldsIsText() {
        String page = page(
                "</title><script>alert(1)</script>&\"'\u202e", "<img onerror=x>", "gave up: <b>\u0000</b>\u001b[2J");
        assertThat(page)
                .doesNotContain("<script", "<img", "<b>\u0000", "\u0000", "\u001b", "\u202e")
                .contains(
                        "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;?",
                        "&lt;img onerror=x&gt;",
                        "gave up: &lt;b&gt;?&lt;/b&gt;?[2J");
        ChannelCourse.Map map =
                new ChannelCourse.Map(List.of(new ChannelCourse.Block("<script>", 4096, 1)), 1, "0", "1");
        assertThat(MemoryMapView.of(map)).contains("&lt;script&gt;").doesNotContain("<script");
    }

    @Test
    void allPicturesAreWellFormed() throws Exception {
        Matcher pictures = SVG.matcher(page("web & <db>", "beta", null));
        int count = 0;
        while (pictures.find()) {
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(pictures.group())));
            count++;
        }
        assertThat(count).isEqualTo(4);
    }

    @Test
    void aRecordOfWhichLittleIsKnownIsAPageToo() {
        ChannelReport whole = MadeUpCourse.report("web", "beta", null);
        ChannelReport little = new ChannelReport(
                whole.migration(),
                "web",
                null,
                "beta",
                ChannelReport.Direction.RECEIVE,
                ChannelReport.Kind.PASS_THROUGH,
                "ended",
                whole.started(),
                whole.started(),
                0,
                0,
                new PagesByTier(0, 0, 0, 0, 0, 0),
                0,
                0,
                0,
                null,
                null,
                null,
                null,
                0,
                0,
                null,
                null,
                null,
                ChannelReport.Outcome.FAILED,
                "interrupted",
                null,
                "TLS",
                List.of());
        assertThat(ReportPage.of("alpha", List.of(new ChannelCourse(little, 0, List.of(), null))))
                .contains(
                        "web <span class=\"way\">beta → alpha</span>",
                        "interrupted",
                        "No page of memory was understood")
                .doesNotContain("NaN", "Infinity", "null");
        ChannelCourse.Point once = new ChannelCourse.Point(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        ChannelCourse.Point later = new ChannelCourse.Point(500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        for (List<ChannelCourse.Point> points : List.of(List.of(once), List.of(once, once), List.of(once, later))) {
            assertThat(ReportPage.of("alpha", List.of(new ChannelCourse(little, 0, points, null))))
                    .doesNotContain("NaN", "Infinity", "null");
        }
    }

    @Test
    void severalChannelsAreTakenTogetherAndThenOneByOne() {
        ChannelCourse course = MadeUpCourse.course(MadeUpCourse.report("web", "beta", null));
        assertThat(ReportPage.of("alpha", List.of(course, course)))
                .contains("id=\"crossed\" data-value=\"23068672\"", "Channel 1 of 2", "Channel 2 of 2");
    }
}
