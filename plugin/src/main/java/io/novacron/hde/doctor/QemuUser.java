package io.novacron.hde.doctor;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * As whom libvirt runs QEMU.
 *
 * @param name of the user
 * @param group name of the group
 * @param gids all groups that QEMU has
 */
record QemuUser(String name, String group, int uid, Set<Integer> gids) {
    private static final String CONF = "/etc/libvirt/qemu.conf";
    /** What Debian's libvirt was built with. */
    private static final String DEBIANS = "libvirt-qemu";

    /** @return empty where the system has no such user or group */
    static Optional<QemuUser> of(SystemFiles system) throws IOException {
        LibvirtConf conf = LibvirtConf.read(system, CONF);
        String name = conf.text("user").orElse(DEBIANS);
        String group = conf.text("group").orElse(DEBIANS);
        Optional<String[]> user = entry(system, "/etc/passwd", name);
        Optional<String[]> ofGroup = entry(system, "/etc/group", group);
        if (user.isEmpty() || ofGroup.isEmpty()) {
            return Optional.empty();
        }
        Set<Integer> gids = new HashSet<>();
        gids.add(Integer.parseInt(ofGroup.get()[2]));
        for (String line : system.lines("/etc/group")) {
            String[] fields = line.split(":", -1);
            if (fields.length > 3 && List.of(fields[3].split(",", -1)).contains(user.get()[0])) {
                gids.add(Integer.parseInt(fields[2]));
            }
        }
        return Optional.of(new QemuUser(user.get()[0], ofGroup.get()[0], Integer.parseInt(user.get()[2]), gids));
    }

    /** libvirt takes "+NUMBER" too, and a bare number where no name is like it. */
    private static Optional<String[]> entry(SystemFiles system, String file, String wanted) throws IOException {
        String number = wanted.startsWith("+") ? wanted.substring(1) : wanted;
        Optional<String[]> byNumber = Optional.empty();
        for (String line : system.lines(file)) {
            String[] fields = line.split(":", -1);
            if (fields.length > 3 && fields[0].equals(wanted)) {
                return Optional.of(fields);
            } else if (fields.length > 3 && fields[2].equals(number)) {
                byNumber = Optional.of(fields);
            }
        }
        return byNumber;
    }
}
