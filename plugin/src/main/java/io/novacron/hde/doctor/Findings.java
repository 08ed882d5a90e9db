package io.novacron.hde.doctor;

import java.util.ArrayList;
import java.util.List;

/** Collects what one check says. */
final class Findings {
    private final String check;
    private final List<Finding> found = new ArrayList<>();
    private final List<Diagnosis.NotChecked> notChecked = new ArrayList<>();

    Findings(String check) {
        this.check = check;
    }

    void error(String problem, String remedy) {
        found.add(new Finding(check, Severity.ERROR, problem, remedy));
    }

    void warning(String problem, String remedy) {
        found.add(new Finding(check, Severity.WARNING, problem, remedy));
    }

    /** @param reason why something could not be looked at */
    void notChecked(String reason) {
        notChecked.add(new Diagnosis.NotChecked(check, reason));
    }

    List<Finding> found() {
        return found;
    }

    List<Diagnosis.NotChecked> notChecked() {
        return notChecked;
    }
}
