package io.novacron.hde.lab;

import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A lab that is up during the tests of a class; of a test that fails it leaves the logs in target/lab-logs. */
final class RunningLab implements BeforeAllCallback, AfterTestExecutionCallback, AfterAllCallback {
    private final List<String> hosts;
    private Lab lab;

    RunningLab(String... hosts) {
        this.hosts = List.of(hosts);
    }

    Lab lab() {
        return lab;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Lab.build(Lab.project());
        lab = Lab.up(Lab.project(), hosts.toArray(String[]::new));
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            lab.saveLogs(Lab.project()
                    .resolve("target/lab-logs")
                    .resolve(context.getRequiredTestClass().getSimpleName() + "."
                            + context.getRequiredTestMethod().getName()));
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (lab != null) {
            lab.close();
        }
    }
}
