// The container of columns: base64, then a header and columns that are deflated each by
// itself. `columns.rs` writes it and says how it is laid out.

/** The bytes that base64 text stands for. */
export function bytesOfBase64(text) {
  const trimmed = text.trim();
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(trimmed);
  const binary = atob(trimmed);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Undoes a raw deflate. */
export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** `{ header, column(name) }` of a container; every column is decompressed once. */
export async function openContainer(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(await inflate(bytes.subarray(4, 4 + length))));
  const body = bytes.subarray(4 + length);
  const names = Object.keys(header.columns);
  const inflated = await Promise.all(names.map((name) => {
    const { at, bytes: size } = header.columns[name];
    return inflate(body.subarray(at, at + size));
  }));
  const raw = new Map(names.map((name, index) => [name, inflated[index]]));
  return {
    header,
    /** The numbers of a column in a typed array of this kind, `offset` added to each: one less than 0 is the largest number of an unsigned kind. */
    numbers(name, Type, offset = 0) {
      const entry = header.columns[name];
      if (!entry) return new Type(0);
      const numbers = decodeNumbers(raw.get(name), entry, offset);
      return Type === Float64Array ? numbers : new Type(numbers);
    },
    /** A function from index to text. */
    texts(name) {
      const bytes = raw.get(name) ?? new Uint8Array(0);
      const ends = sums(this.numbers(`${name}.length`, Uint32Array));
      const decoder = new TextDecoder();
      return (index) => decoder.decode(bytes.subarray(ends[index], ends[index + 1]));
    },
  };
}

/** Where parts of these lengths begin when they stand one after the other, and the end of the last. */
export function sums(lengths) {
  const total = new Uint32Array(lengths.length + 1);
  for (let index = 0; index < lengths.length; index += 1) total[index + 1] = total[index] + lengths[index];
  return total;
}

// Numbers may have 53 bits: what is beyond 28 is added with arithmetic, not with shifts. One
// kind of array comes out: engines are several times slower with many in one place.
function decodeNumbers(bytes, { coding, count }, offset) {
  const out = new Float64Array(count);
  const delta = coding === "delta";
  let at = 0;
  let before = 0;
  for (let index = 0; index < count; index += 1) {
    let byte = bytes[at++];
    let number = byte & 0x7f;
    if (byte > 0x7f) {
      byte = bytes[at++];
      number |= (byte & 0x7f) << 7;
      if (byte > 0x7f) {
        byte = bytes[at++];
        number |= (byte & 0x7f) << 14;
        let scale = 2097152;
        while (byte > 0x7f) {
          byte = bytes[at++];
          number += (byte & 0x7f) * scale;
          scale *= 128;
        }
      }
    }
    if (delta) {
      number = before + (number % 2 === 0 ? number / 2 : -(number + 1) / 2);
      before = number;
    }
    out[index] = number + offset;
  }
  return out;
}
