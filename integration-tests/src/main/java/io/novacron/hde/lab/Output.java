package io.novacron.hde.lab;

/**
 * What a program left behind.
 *
 * @param status its exit status
 * @param out its standard output, without the line end at its end
 * @param err its standard error, likewise
 */
public record Output(int status, String out, String err) {
    /** Whether the program says it succeeded. */
    public boolean ok() {
        return status == 0;
    }
}
