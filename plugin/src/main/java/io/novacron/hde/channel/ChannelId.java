package io.novacron.hde.channel;

import java.util.UUID;

/**
 * Which channel it is.
 *
 * @param migration names the migration in both agents' records; 32 hexadecimal digits
 * @param number 0 for the migration's first connection, 1 for the next, …
 * @param vm the domain's name
 * @param vmUuid the domain's UUID
 * @param peer the other host's name
 * @param sending whether this host is the source
 */
public record ChannelId(String migration, int number, String vm, String vmUuid, String peer, boolean sending) {
    /** A name for a migration that begins: no other has it. */
    public static String newMigration() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    /** Whether it is the migration's first connection, over which QEMU says what becomes of the migration. */
    public boolean isMain() {
        return number == 0;
    }

    @Override
    public String toString() {
        return vm + (sending ? " to " : " from ") + peer + " (migration " + migration.substring(0, 8) + ", channel "
                + number + ")";
    }
}
