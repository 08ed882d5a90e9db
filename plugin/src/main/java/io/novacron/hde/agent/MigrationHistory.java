package io.novacron.hde.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.ControlJson;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.RecordLog;
import io.novacron.hde.wire.ChannelType;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last channels that have ended, each as the report that was told of it, in the page store: they outlive the agent.
 * Of fewer of them there is also how they came to that, which is more. Thread-safe.
 */
final class MigrationHistory {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationHistory.class);

    static final String AREA = "history";
    static final String COURSES = "courses";
    static final int MOST = 500;
    static final int MOST_COURSES = 100;

    private final RecordLog stored;
    private final RecordLog courses;
    private final ChannelReports reports;
    // One that a newer release has written may tell more.
    private final JsonMapper mapper = ControlJson.mapper()
            .rebuild()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    MigrationHistory(PageStore store, ChannelReports reports) {
        this.stored = new RecordLog(store, AREA, MOST);
        this.courses = new RecordLog(store, COURSES, MOST_COURSES);
        this.reports = reports;
    }

    /** Keeps what is known of a channel that has ended, of no more than the last {@value #MOST}. */
    void add(ChannelProgress ended) {
        if (ended.type() == ChannelType.CONTROL) {
            return;
        }
        ChannelCourse course = reports.courseOf(ended);
        boolean kept;
        try {
            kept = stored.add(mapper.writeValueAsBytes(course.report()))
                    && courses.add(mapper.writeValueAsBytes(course));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a report that is no JSON", e);
        }
        if (!kept) {
            LOG.warn("{}: its record could not be stored", ended.id());
        }
        ended.forgetCourse();
    }

    /** How the channels of a migration came to their figures, in their order. One that cannot be read is left out. */
    List<ChannelCourse> courses(String migration) {
        List<ChannelCourse> found = new ArrayList<>();
        courses.forEach(value -> {
            try {
                ChannelCourse course = mapper.readValue(value, ChannelCourse.class);
                if (course.report().migration().equals(migration)) {
                    found.add(course);
                }
            } catch (IOException e) {
                LOG.debug("a record that cannot be read", e);
            }
        });
        found.sort(Comparator.comparingInt(ChannelCourse::channel));
        return found;
    }

    /** The newest first. One that cannot be read is left out. */
    List<ChannelReport> list() {
        Deque<ChannelReport> newestFirst = new ArrayDeque<>();
        stored.forEach(value -> {
            try {
                newestFirst.addFirst(mapper.readValue(value, ChannelReport.class));
            } catch (IOException e) {
                LOG.debug("a record that cannot be read", e);
            }
        });
        return List.copyOf(newestFirst);
    }
}
