package io.novacron.hde.doctor;

import io.novacron.hde.config.ConfigException;
import java.util.List;

/**
 * What was found.
 *
 * @param findings in the order of the checks
 * @param checked names of the checks that looked at something
 * @param notChecked what could not be looked at
 */
public record Diagnosis(List<Finding> findings, List<String> checked, List<NotChecked> notChecked) {
    private static final String CONFIGURATION = "configuration";

    public Diagnosis {
        findings = List.copyOf(findings);
        checked = List.copyOf(checked);
        notChecked = List.copyOf(notChecked);
    }

    /** @param reason in a few words */
    public record NotChecked(String check, String reason) {}

    /** Where the configuration cannot be used, nothing else can be looked at. */
    public static Diagnosis of(ConfigException wrong) {
        return new Diagnosis(
                wrong.problems().stream()
                        .map(problem -> new Finding(
                                CONFIGURATION,
                                Severity.ERROR,
                                problem,
                                "correct it ('hde config check' looks again, 'hde config sample' prints every option),"
                                        + " then systemctl restart hde"))
                        .toList(),
                List.of(CONFIGURATION),
                List.of(new NotChecked("everything else", "it follows from the configuration")));
    }
}
