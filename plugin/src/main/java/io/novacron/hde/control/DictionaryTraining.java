package io.novacron.hde.control;

/**
 * What became of the training of one dictionary.
 *
 * @param type as in {@link DictionarySummary}
 * @param scope as there; null if there are no samples
 * @param vm the name of the VM whose it would be, or null
 * @param result for people
 */
public record DictionaryTraining(String type, String scope, String vm, String result) {}
