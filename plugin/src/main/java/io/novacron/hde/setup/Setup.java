package io.novacron.hde.setup;

import io.novacron.hde.config.ConfigEdit;
import io.novacron.hde.config.HdeConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Makes this host and another one peers. What is as it should be stays as it is, so it can be run again. */
public final class Setup implements AutoCloseable {
    private static final long MOST_CLOCK_MILLIS = 5_000;

    private final Shell here = Shell.here();
    private final Shell there;
    private final String peerAddress;
    private final String file;
    private final boolean dryRun;
    private final Consumer<String> say;

    /**
     * Touches nothing yet.
     *
     * @param target USER@HOST or HOST
     * @param port of ssh there
     * @param sshOptions each as ssh's {@code -o} takes it
     * @param peerAddress where this host reaches that host's agent
     * @param file the configuration, on both hosts
     * @param dryRun whether only to say what would be done
     * @param say gets a line for each thing that is found or done
     */
    public Setup(
            String target,
            int port,
            List<String> sshOptions,
            String peerAddress,
            Path file,
            boolean dryRun,
            Consumer<String> say) {
        this.there = Shell.over(target, port, sshOptions);
        this.peerAddress = peerAddress;
        this.file = file.toAbsolutePath().toString();
        this.dryRun = dryRun;
        this.say = say;
    }

    /**
     * What came of it.
     *
     * @param peer the other host's name
     * @param rightHere whether {@code hde doctor} finds nothing on this host
     * @param rightThere whether it finds nothing there
     */
    public record Outcome(String peer, boolean rightHere, boolean rightThere) {}

    /**
     * Looks at both hosts, changes what has to be changed, and looks at them once more.
     *
     * @param ownAddress where the other host reaches this one's agent; null for the address that ssh comes from
     * @param newCertificates whether to make certificates even where there are some
     */
    public Outcome run(String ownAddress, boolean newCertificates) throws SetupException {
        HostState own = HostState.of(here, file);
        HostState peer = HostState.of(there, file);
        if (own.name().equals(peer.name())) {
            throw new SetupException("both hosts call themselves " + own.name()
                    + ": give each a name of its own (host.name in " + file + ", or hostname)");
        }
        String from = ownAddress == null ? cameFrom() : ownAddress;
        say.accept("this host: " + own.name() + ", " + own.version() + "; the other: " + peer.name() + ", "
                + peer.version());
        if (!own.version().equals(peer.version())) {
            say.accept("warning: the releases differ; upgrade the older one soon");
        }
        long apart = Math.abs(peer.clockMillis());
        if (apart > MOST_CLOCK_MILLIS) {
            say.accept("warning: the clocks differ by " + apart / 1000
                    + " s; have both set by NTP, or new certificates may not be valid there yet");
        }
        ConfigEdit ownEdit = new ConfigEdit(own.configText());
        ConfigEdit peerEdit = new ConfigEdit(peer.configText());
        certificates(own, peer, from, newCertificates, ownEdit, peerEdit);
        addPeer(ownEdit, own, peer.name(), peerAddress);
        addPeer(peerEdit, peer, own.name(), from);
        boolean changedHere = put(here, own, ownEdit);
        boolean changedThere = put(there, peer, peerEdit);
        if (dryRun) {
            say.accept("nothing was changed (--dry-run)");
            return new Outcome(peer.name(), true, true);
        }
        start(here, own.name(), changedHere);
        start(there, peer.name(), changedThere);
        boolean rightHere = doctor(here, own.name());
        return new Outcome(peer.name(), rightHere, doctor(there, peer.name()));
    }

    /** Ends the connection to the other host. */
    @Override
    public void close() throws SetupException {
        there.end();
    }

    /** The address from which ssh has come there. */
    private String cameFrom() throws SetupException {
        String address = there.run("printf '%s\\n' \"${SSH_CONNECTION%% *}\"").strip();
        if (address.isEmpty()) {
            throw new SetupException("ssh does not say from where it comes: give this host's address with --address");
        }
        return address.contains(":") ? "[" + address + "]" : address;
    }

    private void certificates(
            HostState own, HostState peer, String ownAddress, boolean anew, ConfigEdit ownEdit, ConfigEdit peerEdit)
            throws SetupException {
        boolean sameAuthority = own.authorityDigest().equals(peer.authorityDigest());
        if (!anew && own.hasCertificates() && peer.hasCertificates() && sameAuthority) {
            say.accept("certificates: both hosts have some of one authority ("
                    + own.config().tunnel().ca() + ")");
            return;
        }
        boolean ownIsOurs =
                own.hasCertificates() && own.config().tunnel().certificate().equals(Path.of(Certificates.CERTIFICATE));
        boolean foreignHere = own.hasCertificates() && !ownIsOurs;
        if (!anew && (foreignHere || peer.hasCertificates())) {
            throw new SetupException("the hosts' certificates are not of one authority: "
                    + described(own) + ", " + described(peer)
                    + ". Have all hosts' signed by one, or have setup make new ones for both with --new-certificates"
                    + " (further peers of these hosts then need new ones too)");
        }
        if (dryRun) {
            say.accept("certificates: would make an authority in " + Certificates.AUTHORITY + " here, and a key and a"
                    + " certificate in " + Certificates.DIRECTORY + (ownIsOurs && !anew ? " there" : " on both hosts"));
        } else {
            String authority = Certificates.authority(here);
            if (anew || !ownIsOurs) {
                Certificates.issue(here, here, authority, own.name(), bare(ownAddress));
            }
            Certificates.issue(here, there, authority, peer.name(), bare(peerAddress));
            say.accept("certificates: made, signed by the authority in " + Certificates.AUTHORITY
                    + " on this host; each host made its own key");
        }
        use(ownEdit);
        use(peerEdit);
    }

    private static String described(HostState host) {
        return host.name()
                + (host.hasCertificates()
                        ? " has some (" + host.config().tunnel().ca() + ")"
                        : " has none");
    }

    /** Without brackets and port. */
    private static String bare(String address) {
        return address.startsWith("[")
                ? address.substring(1, address.indexOf(']'))
                : address.replaceFirst(":[0-9]+$", "");
    }

    private void use(ConfigEdit edit) throws SetupException {
        try {
            edit.set("tunnel", "client-key", Certificates.KEY);
            edit.set("tunnel", "client-certificate", Certificates.CERTIFICATE);
            edit.set("tunnel", "key", Certificates.KEY);
            edit.set("tunnel", "certificate", Certificates.CERTIFICATE);
            edit.set("tunnel", "ca", Certificates.CA);
        } catch (IllegalArgumentException e) {
            throw new SetupException(file + ": " + e.getMessage(), e);
        }
    }

    private void addPeer(ConfigEdit edit, HostState host, String name, String address) throws SetupException {
        HdeConfig.Peer present = host.config().peers().get(name);
        if (present != null) {
            say.accept(host.name() + ": has peer " + name + " at " + present.address() + " already");
            return;
        }
        try {
            if (host.configText().isEmpty()) {
                edit.set("host", "name", host.name());
            }
            edit.addPeer(name, address);
        } catch (IllegalArgumentException e) {
            throw new SetupException(host.name() + ": " + file + ": " + e.getMessage(), e);
        }
    }

    /** Puts a configuration in its place, after the host itself has found it right; the old one stays beside it. */
    private boolean put(Shell shell, HostState host, ConfigEdit edit) throws SetupException {
        if (edit.text().equals(host.configText())) {
            say.accept(host.name() + ": " + file + " stays as it is");
            return false;
        }
        if (dryRun) {
            say.accept(host.name() + ": " + file + " would become:");
            edit.text().lines().forEach(line -> say.accept("    " + line));
            return true;
        }
        String quoted = Shell.word(file);
        String next = Shell.word(file + ".new");
        shell.run("set -e; mkdir -p \"$(dirname -- " + quoted + ")\"; cat >" + next, edit.text());
        Shell.Result check = shell.tryRun("hde config check --config " + next, "");
        if (!check.ok()) {
            shell.run("rm -f " + next);
            throw new SetupException(host.name() + ": the new configuration is not right, and the old one stays: "
                    + check.err().replaceAll("\\R", "; "));
        }
        shell.run("set -e; if [ -e " + quoted + " ]; then cp -p -- " + quoted + " " + quoted
                + ".before-$(date +%Y%m%d-%H%M%S); chmod --reference=" + quoted + " " + next + "; fi; mv -- " + next
                + " "
                + quoted);
        say.accept(host.name() + ": wrote " + file
                + (host.configText().isEmpty() ? "" : "; the old one is beside it (.before-…)"));
        return true;
    }

    private void start(Shell shell, String name, boolean changed) throws SetupException {
        if (!shell.tryRun("[ -d /run/systemd/system ] && systemctl cat hde.service", "")
                .ok()) {
            say.accept(name + ": no systemd service; " + (changed ? "(re)start" : "see that you have started")
                    + " the agent there yourself: hde agent");
            return;
        }
        shell.run(changed ? "systemctl restart hde" : "systemctl start hde");
        // its warm-up is not waited for: it answers before
        shell.run("for i in 1 2 3 4 5 6 7 8 9 10; do hde status >/dev/null 2>&1 && break; sleep 1; done");
        say.accept(name + ": the agent runs");
    }

    private boolean doctor(Shell shell, String name) throws SetupException {
        Shell.Result result = shell.tryRun("hde doctor --config " + Shell.word(file), "");
        result.out().lines().forEach(line -> say.accept(name + ": " + line.replaceAll("\\p{Cntrl}", "?")));
        if (!result.err().isEmpty()) {
            say.accept(name + ": " + result.err().replaceAll("\\p{Cntrl}", "?"));
        }
        return result.ok();
    }
}
