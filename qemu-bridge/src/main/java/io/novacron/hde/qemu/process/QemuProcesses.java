package io.novacron.hde.qemu.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * The QEMUs that libvirt has started on this host, and which sockets they have. libvirt leaves each one's process number
 * in a directory of root's, {@code /run/libvirt/qemu/NAME.pid}, and names the UUID on its command line.
 */
public final class QemuProcesses {
    private static final String SUFFIX = ".pid";

    private final Path pidFiles;
    private final Path proc;

    public QemuProcesses() {
        this(Path.of("/run/libvirt/qemu"), Path.of("/proc"));
    }

    /**
     * @param pidFiles where libvirt leaves {@code NAME.pid}
     * @param proc a directory like {@code /proc}
     */
    public QemuProcesses(Path pidFiles, Path proc) {
        this.pidFiles = pidFiles;
        this.proc = proc;
    }

    /**
     * The QEMU that has a descriptor of this socket; empty if there is none.
     *
     * @param inode the socket's
     * @throws IOException when libvirt's directory cannot be read
     */
    public Optional<QemuProcess> holding(long inode) throws IOException {
        return first(file -> of(file).filter(qemu -> holds(qemu, inode)));
    }

    /**
     * The QEMU of a domain; empty if it does not run here.
     *
     * @param uuid the domain's
     * @throws IOException when libvirt's directory cannot be read
     */
    public Optional<QemuProcess> ofDomain(String uuid) throws IOException {
        return first(file -> of(file).filter(qemu -> qemu.uuid().equals(uuid)));
    }

    private Optional<QemuProcess> first(Function<Path, Optional<QemuProcess>> find) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(pidFiles, "*" + SUFFIX)) {
            for (Path file : files) {
                Optional<QemuProcess> qemu = find.apply(file);
                if (qemu.isPresent()) {
                    return qemu;
                }
            }
        } catch (NoSuchFileException e) {
            // libvirt has started none since this host has
        }
        return Optional.empty();
    }

    /** A process that ends meanwhile is none. */
    private Optional<QemuProcess> of(Path file) {
        try {
            long pid = Long.parseLong(Files.readString(file).strip());
            String name = file.getFileName().toString();
            return uuid(proc.resolve(Long.toString(pid)))
                    .map(found -> new QemuProcess(pid, name.substring(0, name.length() - SUFFIX.length()), found));
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** A process that ends meanwhile holds nothing. */
    private boolean holds(QemuProcess qemu, long inode) {
        try {
            return holds(proc.resolve(Long.toString(qemu.pid())).resolve("fd"), inode);
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean holds(Path descriptors, long inode) throws IOException {
        String socket = "socket:[" + inode + "]";
        try (DirectoryStream<Path> links = Files.newDirectoryStream(descriptors)) {
            for (Path link : links) {
                if (target(link).equals(socket)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** One that is closed meanwhile leads nowhere. */
    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    private static Optional<String> uuid(Path process) throws IOException {
        String line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
        List<String> arguments = Arrays.asList(line.split("\0", -1));
        int option = arguments.indexOf("-uuid");
        return option < 0 || option + 1 == arguments.size()
                ? Optional.empty()
                : Optional.of(arguments.get(option + 1).toLowerCase(Locale.ROOT));
    }
}
