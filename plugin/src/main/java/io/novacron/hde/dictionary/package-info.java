/**
 * Trained zstd dictionaries, for what is compressed in small pieces: from a sample of what crosses to a dictionary that
 * both agents hold.
 *
 * <p>A channel at the source notes every so many new pages' PageIds in {@link io.novacron.hde.dictionary.PageSamples}, of
 * which {@link io.novacron.hde.dictionary.SamplePool} has one for each VM. {@link
 * io.novacron.hde.dictionary.DictionaryTrainer} reads these pages back from the page store, trains on four fifths of them,
 * and keeps a dictionary only if it makes the other fifth smaller: one for the host, one for each family of VMs, one for
 * each VM, as far as each is better than the more general one. {@link io.novacron.hde.dictionary.DictionaryCatalog} keeps
 * them in the page store's areas, those of peers too. {@link io.novacron.hde.dictionary.DictionaryExchange} agrees with a
 * peer on the one that a channel uses. Compressing with it is the business of the frame package.
 */
package io.novacron.hde.dictionary;
