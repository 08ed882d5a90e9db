package io.novacron.hde.cli;

import io.novacron.hde.cli.Evacuation.Progress;
import io.novacron.hde.cli.Evacuation.State;
import io.novacron.hde.evacuation.EvacuationPlan;
import io.novacron.hde.evacuation.EvacuationPlan.Step;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** An evacuation for people. */
final class EvacuationText {
    private EvacuationText() {}

    static String plan(EvacuationPlan plan) {
        Table table = new Table("VM", "TO", ">TIME", ">BYTES", "NOTE");
        for (Step step : plan.steps()) {
            table.row(
                    step.vm(),
                    step.peer(),
                    Amounts.seconds(Math.round(1000 * step.cost().seconds())),
                    Amounts.bytes(Math.round(step.cost().bytes())),
                    "");
        }
        plan.staying().forEach((vm, reason) -> table.row(vm, null, null, null, "stays: " + reason));
        return (table.isEmpty() ? "" : table.toString())
                + plan.steps().size() + (plan.steps().size() == 1 ? " VM" : " VMs") + " in about "
                + Amounts.seconds(Math.round(1000 * plan.seconds())) + "\n";
    }

    static String line(List<Progress> all, long now) {
        long away = all.stream().filter(each -> each.state() == State.AWAY).count();
        return away + " of " + all.size() + " away"
                + all.stream()
                        .filter(each -> each.state() == State.MOVING)
                        .map(each -> "; " + each.step().vm() + " to "
                                + each.step().peer() + " since " + Amounts.seconds(now - each.began()))
                        .collect(Collectors.joining());
    }

    /** What has come of one VM. */
    static String ended(Progress each) {
        return each.state() == State.AWAY
                ? each.step().vm() + " runs on " + each.step().peer() + " after " + Amounts.seconds(each.millis())
                        + ", " + Amounts.bytes(each.bytes()) + " sent"
                : each.step().vm() + " did not go to " + each.step().peer() + ": " + each.reason();
    }

    /** @param where on which hosts each VM runs, as their libvirts say */
    static String result(List<Progress> all, Map<String, String> staying, Map<String, String> where) {
        Table table = new Table("VM", "RUNS ON", "PLANNED", "RESULT");
        for (Progress each : all) {
            String result = switch (each.state()) {
                case PLANNED -> "not begun";
                case MOVING -> "not known";
                case AWAY -> "migrated";
                case FAILED -> each.reason();
            };
            table.row(each.step().vm(), where.get(each.step().vm()), each.step().peer(), result);
        }
        staying.forEach((vm, reason) -> table.row(vm, where.get(vm), null, "stays: " + reason));
        return table.toString();
    }
}
