package io.novacron.hde.cli;

import io.novacron.hde.agent.AgentMain;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Where the process begins. */
public final class Main {
    private Main() {}

    /** Runs one command and ends the process with its exit status. */
    public static void main(String[] arguments) {
        PrintWriter out = new PrintWriter(System.out, false, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        int status = new HdeCommand(AgentMain::run, AgentMain::rehearse).execute(out, err, arguments);
        System.exit(status);
    }
}
