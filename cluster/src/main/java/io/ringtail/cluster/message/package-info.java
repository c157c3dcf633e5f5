/**
 * The bytes that nodes send each other: how numbers, keys and records are written and read, and the type of each message. Pure; the layouts are specified in
 * {@code docs/formats/node-protocol.md}. Uses {@code engine.record} only.
 *
 * <p>Start reading at {@link io.ringtail.cluster.message.MessageWriter}.
 */
@NullMarked
package io.ringtail.cluster.message;

import org.jspecify.annotations.NullMarked;
