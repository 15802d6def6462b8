"""Small picture files of every kind, and what Pillow makes of them: the reference that `tests/import` compares with.

    python3 tests/import/golden/make_golden.py        # Pillow 13, pyarrow 22

Each NAME.jpg or NAME.png has a NAME.rgb beside it: the picture turned as its EXIF data says, on white paper, the largest
middle square scaled to 64 x 64 by Pillow's anti-aliased BILINEAR, as bytes [3, 64, 64]. `faces.jpg` is cut to 148 x 148.

Decoders of JPEG differ in how they smooth colours that are stored at half the resolution; pictures with such colours are
scaled down by about two here, as photographs are.
"""

import io
import math
import pathlib
import struct
import zipfile

from PIL import Image, ImageDraw, ImageOps

HERE = pathlib.Path(__file__).parent
SIDE = 64


def scene(width, height):
    """A drawing with edges, gradients and colours in unlike corners, so that every turn of it differs."""
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            image.putpixel((x, y), (255 * x // width, 255 * y // height, 128 + int(100 * math.sin(x / 17) * math.cos(y / 23))))
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.2, height * 0.2, width * 0.7, height * 0.6), fill=(240, 200, 60))
    draw.rectangle((width * 0.6, height * 0.7, width * 0.9, height * 0.95), fill=(20, 60, 160))
    draw.line((0, height, width, 0), fill=(255, 255, 255), width=max(2, width // 40))
    return image


def reference(file, side=None):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    if image.mode in ("LA", "RGBA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(paper, image)
    if image.mode.startswith("I"):
        image = image.point(lambda v: v / 256).convert("L")
    image = image.convert("RGB")
    w, h = image.size
    if side:
        left, top = (w - side) // 2, (h - side) // 2
        box = (left, top, left + side, top + side)
    else:
        short = min(w, h)
        box = ((w - short) / 2, (h - short) / 2, (w + short) / 2, (h + short) / 2)
    image = image.resize((SIDE, SIDE), Image.BILINEAR, box=box)
    return b"".join(band.tobytes() for band in image.split())


def write(name, image, side=None, **options):
    file = io.BytesIO()
    image.save(file, "JPEG" if name.endswith(".jpg") else "PNG", **options)
    (HERE / name).write_bytes(file.getvalue())
    (HERE / name).with_suffix(".rgb").write_bytes(reference(file.getvalue(), side))


def exif(orientation):
    """An APP1 segment with nothing but the orientation."""
    tiff = b"II*\0" + struct.pack("<IHHHII", 8, 1, 0x0112, 3, 1, orientation) + struct.pack("<I", 0)
    return b"Exif\0\0" + tiff


def main():
    write("faces.jpg", scene(178, 218), side=148, quality=90)
    write("wide.jpg", scene(400, 240), quality=85, subsampling=2)
    write("fine.jpg", scene(130, 130), quality=95, subsampling=0)
    write("progressive.jpg", scene(150, 170), quality=80, progressive=True)
    write("grey.jpg", scene(140, 100).convert("L"), quality=90)
    write("cmyk.jpg", scene(120, 120).convert("CMYK"), quality=92)
    for orientation in range(2, 9):
        write(f"turned{orientation}.jpg", scene(240, 160), quality=90, exif=exif(orientation))
    write("colour.png", scene(100, 80))
    write("palette.png", scene(96, 96).quantize(40))
    write("bits.png", scene(80, 80).convert("1"))
    write("deep.png", Image.frombytes("I;16", (70, 70), b"".join(struct.pack("<H", 900 * (i % 70)) for i in range(4900))))
    alpha = scene(90, 90)
    alpha.putalpha(Image.linear_gradient("L").resize((90, 90)))
    write("alpha.png", alpha)
    table()
    archive()


def archive():
    """A CelebA of 48 images: the official names, small pictures."""
    names = [f"{i:06}.jpg" for i in range(1, 49)]
    with zipfile.ZipFile(HERE / "img_align_celeba.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for i, name in enumerate(names):
            file = io.BytesIO()
            scene(178, 218).rotate(7 * i).save(file, "JPEG", quality=30)
            out.writestr(zipfile.ZipInfo(f"img_align_celeba/{name}", (2015, 9, 1, 0, 0, 0)), file.getvalue())
    rows = [f"{name} {' 1' if i % 2 else '-1'} {' 1' if i % 3 else '-1'}\n" for i, name in enumerate(names)]
    (HERE / "list_attr_celeba.txt").write_text(f"{len(names)}\nMale Smiling \n" + "".join(rows))
    (HERE / "list_eval_partition.txt").write_text("".join(f"{name} {0 if i < 38 else 1 if i < 43 else 2}\n" for i, name in enumerate(names)))


def table():
    """A Parquet table as public mirrors have it: images, attributes as truth values, a name and a number."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = []
    for i in range(60):
        file = io.BytesIO()
        scene(45 + i % 3, 55).save(file, "JPEG", quality=80)
        rows.append({
            "image": {"bytes": file.getvalue(), "path": f"{i + 1:06}.jpg"},
            "celeb_id": 7 * i * i,
            "Eyeglasses": i % 5 == 0,
            "Male": i % 2 == 0,
            "Smiling": i % 3 == 0,
            "age": i % 4,
        })
    schema = pa.schema([
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("celeb_id", pa.int64()), ("Eyeglasses", pa.bool_()), ("Male", pa.bool_()), ("Smiling", pa.bool_()), ("age", pa.int64()),
    ])
    pq.write_table(pa.Table.from_pylist(rows, schema), HERE / "mirror.parquet", row_group_size=25, compression="snappy")
    other = pa.table({"text": ["a", "b"], "label": [0, 1]})
    pq.write_table(other, HERE / "other.parquet")


if __name__ == "__main__":
    main()
