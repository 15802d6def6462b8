//! `cargo lab pack`, run as a visitor runs it.

use std::path::Path;
use std::process::{Command, Output};

use latent_packed::{META, Meta, Shard, shard_name};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::plan::Plan;

use super::{golden, made, scratch};

fn pack(images: &Path, attributes: &Path, partition: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(["pack", "celeba", "--quiet", "--images"]).arg(images);
    command.arg("--attr").arg(attributes).arg("--partition").arg(partition).args(more);
    command.output().expect("the built binary runs")
}

/// The folder that `tests/cli.rs` trains on is what the command makes of the archive beside it.
#[test]
fn the_command_makes_what_training_reads() {
    let out = scratch("command");
    let file = |name: &str| golden().join(name);
    let more = ["--size", "16", "--out", out.to_str().expect("UTF-8")];
    let output = pack(&file("img_align_celeba.zip"), &file("list_attr_celeba.txt"), &file("list_eval_partition.txt"), &more);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("48 images of 16 × 16 × 3 in "));
    let read = |folder: &Path, name: &str| std::fs::read(folder.join(name)).expect("readable");
    let expected = file("packed");
    assert_eq!(read(&out, META), read(&expected, META));
    let meta = Meta::from_json(&read(&out, META)).expect("a description");
    let (made, expected) = (read(&out, &shard_name(0)), read(&expected, &shard_name(0)));
    let shard = Shard::read(&made, &meta).expect("a shard").expect("whole");
    assert!(shard.header.last && shard.header.images == 48);
    // Decoders may round otherwise on another processor; what is known of the images may not differ.
    let (front, images) = made.split_at(shard.header.image_at(0));
    assert_eq!(front, &expected[..front.len()]);
    let far = images.iter().zip(&expected[front.len()..]).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(made.len() == expected.len() && far <= Some(2), "{far:?} grey levels");
}

#[test]
fn what_is_wrong_with_the_files_is_one_line() {
    let (folder, out) = (scratch("command-wrong"), scratch("command-wrong-out"));
    made::celeba(&folder, 20);
    let file = |name: &str| folder.join(name);
    let more = ["--out", out.to_str().expect("UTF-8")];
    std::fs::write(file("list_attr_celeba.txt"), "20\nSmiling\n000001.jpg 7\n").expect("writable");
    let output = pack(&file("img_align_celeba.zip"), &file("list_attr_celeba.txt"), &file("list_eval_partition.txt"), &more);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(
        words.starts_with("error: ") && words.contains("list_attr_celeba.txt: line 3") && words.lines().count() == 1,
        "{words}"
    );
}

fn images(files: &[&Path], out: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.args(["pack", "images"]).args(files).arg("--out").arg(out).args(more);
    command.output().expect("the built binary runs")
}

/// A folder is brought as the page takes it; why a picture is left out stands in a log as well.
#[test]
fn a_folder_has_its_classes_and_its_faults_are_told() {
    let (folder, out) = (scratch("command-pets"), scratch("command-pets-out"));
    for (i, class) in ["cats", "cats", "dogs", "dogs"].iter().enumerate() {
        std::fs::create_dir_all(folder.join(class)).expect("writable");
        std::fs::write(folder.join(class).join(format!("{i}.jpg")), made::face(i as u32)).expect("writable");
    }
    std::fs::write(folder.join("dogs/cut.jpg"), &made::face(9)[..900]).expect("writable");
    std::fs::write(folder.join(".DS_Store"), "hidden").expect("writable");
    let output = images(&[folder.as_path()], &out, &["--size", "16"]);
    let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("4 images of 16 × 16 × 3 in ") && said.contains("1 left out"), "{said}{told}");
    assert!(told.contains("left out: ") && told.contains("dogs/cut.jpg"), "{told}");
    let meta = Meta::from_json(&std::fs::read(out.join(META)).expect("readable")).expect("a description");
    assert_eq!((meta.title.as_str(), meta.factors[0].values.join(" ").as_str()), ("import-command-pets", "cats dogs"));
}

#[test]
fn what_cannot_be_wanted_is_refused_at_once() {
    let out = scratch("command-size");
    let output = images(&[Path::new("nothing.npy")], &out, &["--size", "33"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && words.contains("even number"), "{words}");
    let output = images(&[Path::new("nothing.npy")], &out, &[]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && words.contains("nothing.npy"), "{words}");
}

/// The plan says what each file is taken for, for people and for programs, and packs nothing.
#[test]
fn the_plan_is_told_before_anything_is_packed() {
    let folder = scratch("command-plan");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).expect("writable");
    write("x_train.npy", &made::npy("|u1", &[8, 8, 8], &made::images(8, 100)));
    write("x_test.npy", &made::npy("|u1", &[4, 8, 8], &made::images(4, 100)));
    write("y_train.npy", &made::npy("<i8", &[8], &made::longs(&[0, 1, 0, 1, 0, 1, 0, 1])));
    write("y_test.npy", &made::npy("<i8", &[4], &made::longs(&[0, 1, 0, 1])));
    let plan = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command.args(["pack", "images"]).arg(&folder).arg("--plan").args(more);
        let output = command.output().expect("the built binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let told = plan(&[]);
    for words in
        ["x_train.npy: NumPy array [8, 8, 8] of uint8 → 8 images of the train part", "test: 4 images, by x_test", "y: 0 6, 1 6"]
    {
        assert!(told.contains(words), "{told}");
    }
    let told: Plan = serde_json::from_str(&plan(&["--json", "--role", "x_test=aside", "--values", "0..1"])).expect("a plan");
    assert_eq!((told.images, told.values[0].white), (8, 1.0));
    // One line a file where it is packed.
    let output = images(&[folder.as_path()], &scratch("command-plan-out"), &["--size", "8"]);
    let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.starts_with("12 images of 8 × 8 × 1 in "), "{said}{told}");
    assert!(told.contains("y_test.npy: NumPy array [4] of int64 → labels of x_test"), "{told}");
    // A wish for what is not there.
    let output = images(&[folder.as_path()], &scratch("command-plan-none"), &["--labels", "z.npy"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains("z.npy: no file or folder of that name was brought"), "{told}");
}

/// A clip is a strip of frames: what a method of clips is then trained on; a width that they do not divide is said at once.
#[test]
fn strips_of_frames_are_packed_as_clips() {
    let (folder, out) = (scratch("command-clips"), scratch("command-clips-out"));
    let strip: Vec<u8> = (0..48usize * 8 * 32).map(|i| (40 * (i % 32 / 8) + i / 256 % 40) as u8).collect();
    let file = folder.join("x_train.npy");
    std::fs::write(&file, made::npy("|u1", &[48, 8, 32], &strip)).expect("writable");
    let told = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let refused = images(&[&file], &out, &["--size", "8", "--frames", "5"]);
    let words = told(&refused);
    assert!(!refused.status.success() && words.contains("a picture of 32 × 8 pixels is 32 pixels wide, which 5 frames"), "{words}");
    let refused = images(&[&file], &out, &["--frames", "1"]);
    assert!(!refused.status.success() && told(&refused).contains("2 to 32, or `pair`"), "{}", told(&refused));
    let packed = images(&[&file], &out, &["--size", "8", "--frames", "4", "--quiet"]);
    assert!(packed.status.success(), "{}", told(&packed));
    let meta = Meta::from_json(&std::fs::read(out.join(META)).expect("readable")).expect("a description");
    assert_eq!((meta.frames, meta.width, meta.height), (Frames::Clip(4), 32, 8));
    let bytes = std::fs::read(out.join(shard_name(0))).expect("readable");
    let shard = Shard::read(&bytes, &meta).expect("a shard").expect("whole");
    assert_eq!(&bytes[shard.header.image_at(0)..][..256], &strip[..256], "pictures of the right size stay as they are");

    // A method that needs clips takes them, and one for pairs does not.
    let train = |method: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command.args(["train", "--engine", "cpu", "--steps", "2", "--quiet", "--method", method, "--set", "hidden=16", "batch=8"]);
        command.arg("--data").arg(&out).arg("--out").arg(folder.join("model.safetensors")).output().expect("the built binary runs")
    };
    let trained = train("mgp-vae");
    assert!(trained.status.success(), "{}", told(&trained));
    let refused = train("mvae");
    assert!(!refused.status.success() && told(&refused).contains("pair"), "{}", told(&refused));
}
