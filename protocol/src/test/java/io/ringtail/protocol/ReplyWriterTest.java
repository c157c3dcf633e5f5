package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyWriterTest {
    private static String written(int version, Consumer<ReplyWriter> reply) {
        ReplyWriter writer = new ReplyWriter();
        writer.protocolVersion(version);
        reply.accept(writer);
        return Wire.drained(writer);
    }

    private static void assertWritten(Consumer<ReplyWriter> reply, String resp2, String resp3) {
        assertThat(written(2, reply)).isEqualTo(resp2);
        assertThat(written(3, reply)).isEqualTo(resp3);
    }

    private static void assertWritten(Consumer<ReplyWriter> reply, String both) {
        assertWritten(reply, both, both);
    }

    @Test
    void writesWhatBothVersionsShare() {
        assertWritten(ReplyWriter::ok, "+OK\r\n");
        assertWritten(ReplyWriter::pong, "+PONG\r\n");
        assertWritten(ReplyWriter::queued, "+QUEUED\r\n");
        assertWritten(w -> w.simpleString("hello"), "+hello\r\n");
        assertWritten(w -> w.error("ERR bad"), "-ERR bad\r\n");
        assertWritten(w -> w.bulk(new byte[0]), "$0\r\n\r\n");
        assertWritten(w -> w.bulk(Wire.bytes("a\r\nb")), "$4\r\na\r\nb\r\n");
        assertWritten(w -> w.bulk(Wire.bytes("abcdef"), 2, 3), "$3\r\ncde\r\n");
        assertWritten(w -> w.bulk("text"), "$4\r\ntext\r\n");
        assertWritten(w -> w.bulk(-15), "$3\r\n-15\r\n");
        assertWritten(w -> w.arrayHeader(0), "*0\r\n");
        assertWritten(w -> w.arrayHeader(1234567), "*1234567\r\n");
        assertWritten(w -> w.raw(Wire.bytes("x+OK\r\n"), 1, 5), "+OK\r\n");
    }

    @Test
    void writesEachVersionsOwnSpelling() {
        assertWritten(ReplyWriter::nullBulk, "$-1\r\n", "_\r\n");
        assertWritten(ReplyWriter::nullArray, "*-1\r\n", "_\r\n");
        assertWritten(w -> w.mapHeader(2), "*4\r\n", "%2\r\n");
        assertWritten(w -> w.setHeader(3), "*3\r\n", "~3\r\n");
        assertWritten(w -> w.pushHeader(3), "*3\r\n", ">3\r\n");
        assertWritten(w -> w.bool(true), ":1\r\n", "#t\r\n");
        assertWritten(w -> w.bool(false), ":0\r\n", "#f\r\n");
        assertWritten(w -> w.doubleValue(3.14), "$4\r\n3.14\r\n", ",3.14\r\n");
        assertWritten(w -> w.doubleValue(Double.NEGATIVE_INFINITY), "$4\r\n-inf\r\n", ",-inf\r\n");
        String digits = "123456789012345678901";
        assertWritten(w -> w.bigNumber(digits), "$21\r\n" + digits + "\r\n", "(" + digits + "\r\n");
        assertWritten(w -> w.verbatim("txt", "Some string"), "$11\r\nSome string\r\n", "=15\r\ntxt:Some string\r\n");
        assertThat(written(3, w -> w.attributeHeader(1))).isEqualTo("|1\r\n");
        assertThatThrownBy(() -> written(2, w -> w.attributeHeader(1))).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(
            longs = {0, 1, 9, 10, 42, 99, 100, 101, 999, 1000, 2147483647L, 2147483648L, 9999999999L, Long.MAX_VALUE})
    void writesNumbersOfEverySize(long value) {
        for (long number : new long[] {value, -value, -value - 1}) {
            assertWritten(w -> w.integer(number), ":" + number + "\r\n");
            String digits = Long.toString(number);
            assertWritten(w -> w.bulk(number), "$" + digits.length() + "\r\n" + digits + "\r\n");
        }
    }

    @Test
    void nothingInALineCanEndItEarly() {
        assertWritten(w -> w.simpleString("a\r\nb"), "+a  b\r\n");
        assertWritten(w -> w.error("ERR unknown command 'x\r\n$3\r\n'"), "-ERR unknown command 'x  $3  '\r\n");
        assertThat(written(3, w -> w.bigNumber("1\r\n2"))).isEqualTo("(1  2\r\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "ascii", "gr\u00fc\u00df dich", "\u20ac", "\ud83d\ude00", "a\ud83d", "\ude00b",
                "\ud83d\ud83d\ude00",
                "\u07ff\u0800\uffff"
            })
    void textIsUtf8(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        assertWritten(w -> w.bulk(text), "$" + utf8.length + "\r\n" + Wire.text(utf8) + "\r\n");
        assertWritten(w -> w.simpleString(text), "+" + Wire.text(utf8) + "\r\n");
        assertThat(written(3, w -> w.verbatim("mkd", text)))
                .isEqualTo("=" + (utf8.length + 4) + "\r\nmkd:" + Wire.text(utf8) + "\r\n");
    }

    @Test
    void rollbackTakesBackWhatCameAfterTheMark() {
        ReplyWriter writer = new ReplyWriter();
        writer.ok();
        int mark = writer.mark();
        writer.arrayHeader(2);
        writer.bulk(new byte[100_000]);
        writer.rollback(mark);
        assertThat(writer.size()).isEqualTo(5);
        writer.error("ERR no");
        assertThatThrownBy(() -> writer.rollback(100)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Wire.drained(writer)).isEqualTo("+OK\r\n-ERR no\r\n");
    }

    @Test
    void drainEmptiesItAndNothingIsNull() {
        ReplyWriter writer = new ReplyWriter();
        assertThat(writer.drain(UnpooledByteBufAllocator.DEFAULT)).isNull();
        writer.ok();
        assertThat(Wire.drained(writer)).isEqualTo("+OK\r\n");
        assertThat(writer.size()).isZero();
        assertThat(writer.drain(UnpooledByteBufAllocator.DEFAULT)).isNull();
        writer.integer(7);
        assertThat(Wire.drained(writer)).isEqualTo(":7\r\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 100_000, 255_000, 300_000, 5_000_000})
    void largeOutputIsWholeAndLeavesLittleBehind(int bytes) {
        ReplyWriter writer = new ReplyWriter();
        byte[] value = new byte[bytes];
        value[bytes - 1] = 'z';
        writer.bulk(value);
        ByteBuf out = Objects.requireNonNull(writer.drain(UnpooledByteBufAllocator.DEFAULT));
        assertThat(writer.capacityBytes()).isLessThanOrEqualTo(ReplyWriter.KEPT_BYTES);
        writer.ok(); // must not touch what was handed over
        int header = 3 + Integer.toString(bytes).length();
        assertThat(out.readableBytes()).isEqualTo(header + bytes + 2);
        assertThat(out.getByte(0)).isEqualTo((byte) '$');
        assertThat(out.getByte(header + bytes - 1)).isEqualTo((byte) 'z');
        out.release();
    }

    @Test
    void refusesOtherVersions() {
        assertThatThrownBy(() -> new ReplyWriter().protocolVersion(4)).isInstanceOf(IllegalArgumentException.class);
        assertThat(new ReplyWriter().protocolVersion()).isEqualTo(2);
    }
}
