package io.novacron.hde.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The daemon that runs QEMU.
 *
 * @param name {@code libvirtd}, or {@code virtqemud} where libvirt's daemons are separate
 * @param readAt when it last read its configuration, and looked for hooks: its start, or systemd's last reload of it
 */
record LibvirtDaemon(String name, Instant readAt) {
    private static final Pattern RELOADED =
            Pattern.compile("start_time=\\[(?:[A-Za-z]{3} )?([0-9-]{10} [0-9:]{8}) UTC\\]");
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    /** The one that runs on this host; empty if none does. */
    static Optional<LibvirtDaemon> running() {
        for (String name : new String[] {"virtqemud", "libvirtd"}) {
            Optional<Instant> started = ProcessHandle.allProcesses()
                    .filter(process -> process.info()
                            .command()
                            .map(Path::of)
                            .filter(path -> path.endsWith(name))
                            .isPresent())
                    .flatMap(process -> process.info().startInstant().stream())
                    .max(Instant::compareTo);
            if (started.isPresent()) {
                Instant reloaded = reloaded(name).orElse(Instant.MIN);
                return Optional.of(new LibvirtDaemon(name, reloaded.isAfter(started.get()) ? reloaded : started.get()));
            }
        }
        return Optional.empty();
    }

    /** systemd notes when it last had a service read its configuration again. */
    private static Optional<Instant> reloaded(String name) {
        try {
            ProcessBuilder builder = new ProcessBuilder("systemctl", "show", "-p", "ExecReload", name + ".service");
            builder.environment().put("TZ", "UTC");
            Process process = builder.redirectErrorStream(true).start();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return Optional.empty();
            }
            return reloadedIn(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    static Optional<Instant> reloadedIn(String shown) {
        Matcher matcher = RELOADED.matcher(shown);
        Instant last = null;
        while (matcher.find()) {
            try {
                // systemd shows whole seconds: the next one is no earlier than the reload
                last = LocalDateTime.parse(matcher.group(1), TIME)
                        .toInstant(ZoneOffset.UTC)
                        .plusSeconds(1);
            } catch (DateTimeException e) {
                return Optional.empty();
            }
        }
        return Optional.ofNullable(last);
    }
}
