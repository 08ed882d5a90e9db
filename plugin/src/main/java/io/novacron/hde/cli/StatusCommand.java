package io.novacron.hde.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlJson;
import io.novacron.hde.control.StatusReport;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code hde status}. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Show peers, channels and how running migrations proceed.")
final class StatusCommand implements Callable<Integer> {
    private static final String CLEAR_SCREEN = "\033[H\033[2J";

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Option(names = "--json", description = "Print JSON, one document on one line.")
    private boolean json;

    @Option(names = "--watch", description = "Again every second, until interrupted.")
    private boolean watch;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        ControlClient client = config.client();
        JsonMapper mapper = ControlJson.mapper();
        boolean terminal = watch && !json && Terminal.isOutput();
        while (true) {
            StatusReport status = client.status();
            out.print(terminal ? CLEAR_SCREEN : "");
            out.print(json ? mapper.writeValueAsString(status) + "\n" : StatusText.of(status, Instant.now()));
            out.flush();
            if (!watch || out.checkError()) {
                return 0;
            }
            TimeUnit.SECONDS.sleep(1);
        }
    }
}
