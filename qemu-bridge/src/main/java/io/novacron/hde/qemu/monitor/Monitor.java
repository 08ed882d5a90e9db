package io.novacron.hde.qemu.monitor;

import java.io.IOException;

/** The monitor of one QEMU. */
public interface Monitor extends AutoCloseable {
    /**
     * Runs a command of the human monitor (HMP), such as {@code info ramblock}.
     *
     * @return what it prints; a command that QEMU does not know, or refuses, says so there
     * @throws IOException when there is no answer; the message names the VM
     */
    String human(String command) throws IOException;

    /**
     * Runs a command of the machine's monitor (QMP).
     *
     * @param command a whole JSON object, such as <code>{"execute":"query-status"}</code>
     * @return the whole answer, a JSON object with {@code return}, or with {@code error} if QEMU refuses
     * @throws IOException when there is no answer; the message names the VM
     */
    String qmp(String command) throws IOException;

    @Override
    void close();
}
