"""The bonus checks on wrong code: one line of a table for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.selftest.mutants import Mutant, assert_caught

TIER = "bonus"
PIXELS = "return ((images + 1) / 2).reshape(-1, 28, 28)"
PAIRED = "for image, axis in zip(to_pixels(images).detach().cpu(), axes, strict=False):"
AXES = "axes = figure.subplots(rows, cols, squeeze=False).flat"
SHOWN = 'axis.imshow(image, cmap="gray", vmin=0, vmax=1)'
NO_AXES = 'axis.axis("off")'
TILED = "grid: Tensor = make_grid(to_pixels(images).unsqueeze(1), nrow=n_columns)"
PLOTTED = 'axis.plot(epochs, [entry[f"{network}_loss"] for entry in history], label=network)'
CHOSEN = "if epoch % every != 0:"
SAMPLED = "images = generate_images(generator, n_images, seed)"
PNG = 'directory / f"epoch_{epoch:03d}.png"'
SAVED = 'torch.save(checkpoint, directory / f"epoch_{epoch:03d}.pt")'
LOADED = 'torch.load(path, map_location="cpu", weights_only=True)'
IN_TRAINING = """rng = torch.Generator().manual_seed(seed)
        z = torch.randn(n_images, generator.latent_dim, generator=rng)
        with torch.no_grad():
            images = generator(z)"""
BATCH_NORM = {
    "intermediate": (
        ("nn.LeakyReLU(0.2)]", "nn.BatchNorm1d(hidden_dim), nn.LeakyReLU(0.2), nn.Dropout(0.1)]"),
    )
}


def mutant(name: str, check: str, mistake: str, *replacements: tuple[str, str]) -> Mutant:
    return Mutant(name, TIER, replacements, check=check, mistake=mistake)


# fmt: off
MUTANTS = [
    # Images
    mutant("not rescaled", "test_pixel_values", "pixels-not-rescaled",
           (PIXELS, "return images.reshape(-1, 28, 28)")),
    mutant("clamped", "test_pixel_values", "pixels-clipped",
           (PIXELS, "return images.clamp(0, 1).reshape(-1, 28, 28)")),
    mutant("bytes", "test_pixel_values", "pixels-to-255",
           (PIXELS, "return ((images + 1) * 127.5).to(torch.uint8).reshape(-1, 28, 28)")),
    mutant("stretched", "test_pixel_values", "pixels-stretched",
           (PIXELS, """images = images - images.min()
    return (images / images.max()).reshape(-1, 28, 28)""")),
    mutant("turned around", "test_pixel_values", "colours-inverted",
           (PIXELS, PIXELS.replace("images + 1", "1 - images"))),
    mutant("transposed", "test_pixel_values", "images-transposed", (PIXELS, PIXELS + ".mT")),
    mutant("half of it forgotten", "test_pixel_values", "pixels-wrong",
           (PIXELS, "return (images / 2 + 1).reshape(-1, 28, 28)")),
    mutant("in place", "test_pixel_values", "input-changed",
           (PIXELS, PIXELS.replace("(images + 1) / 2", "images.add_(1).div_(2)"))),
    mutant("shape kept", "test_pixel_shape", "pixels-shape", (PIXELS, "return (images + 1) / 2")),
    mutant("one image squeezed", "test_pixel_shape", "pixels-shape",
           (PIXELS, PIXELS + ".squeeze()")),
    mutant("an array", "test_pixel_values", "other-type", (PIXELS, PIXELS + ".numpy()")),
    # The figure
    mutant("nothing returned", "test_grid_order", "nothing-returned",
           (f"{NO_AXES}\n    return figure", NO_AXES)),
    mutant("figure and axes", "test_grid_order", "not-a-figure",
           (f"{NO_AXES}\n    return figure", f"{NO_AXES}\n    return figure, axes")),
    mutant("the first image 16 times", "test_grid_order", "grid-images-missing",
           (SHOWN, SHOWN.replace("image,", "to_pixels(images)[0],"))),
    mutant("column by column", "test_grid_order", "grid-order",
           (AXES, "axes = figure.subplots(rows, cols, squeeze=False).T.flat")),
    mutant("last image first", "test_grid_order", "grid-order",
           (PAIRED, PAIRED.replace(".detach()", ".flip(0)"))),
    mutant("upside down", "test_grid_order", "grid-turned",
           (SHOWN, SHOWN.replace("vmin", 'origin="lower", vmin'))),
    mutant("always 4 x 4", "test_grid_sizes", "grid-columns",
           (AXES, AXES.replace("rows, cols", "4, 4"))),
    mutant("rows and columns swapped", "test_grid_sizes", "grid-columns",
           (AXES, AXES.replace("rows, cols", "cols, rows"))),
    mutant("viridis", "test_grid_gray", "grid-not-gray",
           (SHOWN, "axis.imshow(image, vmin=0, vmax=1)")),
    mutant("gray_r", "test_grid_gray", "colours-inverted",
           (SHOWN, SHOWN.replace("gray", "gray_r"))),
    mutant("limits for other images", "test_grid_gray", "pixels-clipped",
           (PAIRED, "for image, axis in zip(images.detach().reshape(-1, 28, 28), axes):")),
    mutant("limits of the other range", "test_grid_gray", "grid-shades",
           (SHOWN, SHOWN.replace("vmin=0", "vmin=-1"))),
    mutant("limits of bytes", "test_grid_order", "grid-shades",
           (SHOWN, SHOWN.replace("vmax=1", "vmax=255"))),
    mutant("pixels that start over", "test_grid_order", "pixels-wrapped",
           (PAIRED, PAIRED.replace("to_pixels(images)", "(to_pixels(images) * 2 - 1)")),
           (SHOWN, 'axis.imshow((image * 255).byte(), cmap="gray", vmin=0, vmax=255)')),
    mutant("fractions cut off", "test_grid_order", "pixels-whole",
           (SHOWN, SHOWN.replace("image,", "image.byte(),"))),
    mutant("axes on", "test_grid_axes", "grid-axes", (NO_AXES, "pass")),
    mutant("16 images at most", "test_grid_sizes", "grid-images-missing",
           (PAIRED, PAIRED.replace("to_pixels(images)", "to_pixels(images)[:16]"))),
    mutant("filled up with repeats", "test_grid_sizes", "grid-images-repeated",
           (PAIRED, PAIRED.replace("to_pixels(images)", "to_pixels(images).repeat(9, 1, 1)"))),
    mutant("squeezed, flat", "test_grid_sizes", "grid-axes-squeezed",
           (AXES, AXES.replace(", squeeze=False", ""))),
    mutant("squeezed, a table", "test_grid_sizes", "grid-axes-squeezed",
           (AXES, "table = figure.subplots(rows, cols)\n"
            "    axes = [table[row, col] for row in range(rows) for col in range(cols)]")),
    mutant("in place and back again", "test_grid_alone", "input-changed",
           (AXES, f"{AXES}\n    images.mul_(0.5)\n    images = images * 2")),
    mutant("shown in passing", "test_grid_alone", "figure-shown-or-saved",
           (f"{NO_AXES}\n    return figure",
            f"{NO_AXES}\n    from matplotlib import pyplot\n    pyplot.show()\n    return figure")),
    # Tiles
    mutant("no channels", "test_tiles_shape", "tiles-shape",
           (TILED, TILED.replace(".unsqueeze(1)", ""))),
    mutant("channels last", "test_tiles_shape", "tiles-channels-last",
           (TILED, TILED + ".permute(1, 2, 0)")),
    mutant("rows for columns", "test_tiles_shape", "tiles-columns",
           (TILED, TILED.replace("nrow=n_columns", "nrow=len(images) // n_columns"))),
    mutant("eight columns", "test_tiles_shape", "tiles-columns",
           (TILED, TILED.replace(", nrow=n_columns", ""))),
    mutant("tiles in reverse", "test_tiles_images", "grid-order",
           (TILED, TILED.replace("unsqueeze(1)", "unsqueeze(1).flip(0)"))),
    mutant("one channel", "test_tiles_shape", "tiles-shape", (TILED, f"{TILED}[:1]")),
    mutant("five columns unless told", "test_tiles_shape", "tiles-columns",
           ("n_columns: int = 4", "n_columns: int = 5")),
    mutant("tiles as they are", "test_tiles_images", "pixels-not-rescaled",
           (TILED, TILED.replace("to_pixels(images)", "images.reshape(-1, 28, 28)"))),
    mutant("16 tiles at most", "test_tiles_images", "grid-images-missing",
           (TILED, TILED.replace("to_pixels(images)", "to_pixels(images)[:16]"))),
    mutant("tiles clamped", "test_tiles_images", "pixels-clipped",
           (TILED, TILED.replace("to_pixels(images)", "images.reshape(-1, 28, 28).clamp(0, 1)"))),
    # Losses
    mutant("one curve", "test_curves", "curve-missing",
           ('for network in ("discriminator", "generator")', 'for network in ("generator",)')),
    mutant("one loss twice", "test_curves", "curve-missing",
           (PLOTTED, PLOTTED.replace('f"{network}_loss"', '"generator_loss"'))),
    mutant("no legend", "test_curves_labelled", "curves-unlabelled", ("axis.legend()", "pass")),
    mutant("a title for both", "test_curves_labelled", "curves-unlabelled",
           ("axis.legend()", 'axis.set_title("Losses of generator and discriminator")')),
    mutant("names swapped", "test_curves_labelled", "curves-swapped",
           ("axis.legend()", 'axis.legend(["Generator", "Discriminator"])')),
    mutant("axes' names swapped", "test_curves_labelled", "axes-names-swapped",
           ('set_xlabel("epoch")', 'set_xlabel("loss")'),
           ('set_ylabel("loss")', 'set_ylabel("epoch")')),
    mutant("backwards", "test_curves", "curves-off-epochs",
           (PLOTTED, PLOTTED.replace("plot(epochs", "plot(epochs[::-1]"))),
    mutant("white on white", "test_curves", "curve-missing",
           (PLOTTED, PLOTTED.replace("label=network", 'label=network, color="white"'))),
    mutant("on what was drawn before", "test_curves_alone", "figure-drawn-over",
           ("figure = Figure()\n    axis = figure.subplots()",
            "from matplotlib import pyplot\n    figure, axis = pyplot.gcf(), pyplot.gca()")),
    mutant("history used up", "test_curves_alone", "history-changed",
           ('epochs = [entry["epoch"] for entry in history]',
            'epochs = [entry.pop("epoch") for entry in history]')),
    # Snapshots
    mutant("no callback", "test_snapshot_epochs", "nothing-returned",
           ("    return snapshot\n", "")),
    mutant("no callback to save with", "test_loaded_images", "nothing-returned",
           ("    return snapshot\n", "")),
    mutant("every epoch", "test_snapshot_epochs", "snapshot-every-ignored",
           (CHOSEN, "if every == 0:")),
    mutant("one epoch late", "test_snapshot_epochs", "snapshot-wrong-epochs",
           (CHOSEN, "if (epoch - 1) % every != 0:")),
    mutant("never", "test_snapshot_epochs", "snapshot-wrong-epochs", (CHOSEN, "if every:")),
    mutant("no checkpoint", "test_snapshot_epochs", "snapshot-files", (SAVED, "pass")),
    mutant("a name for all", "test_snapshot_epochs", "snapshot-name",
           (PNG, 'directory / "grid.png"')),
    mutant("checkpoint overwritten", "test_snapshot_epochs", "snapshot-name",
           (SAVED, 'torch.save(checkpoint, directory / "last.pt")')),
    mutant("somewhere else", "test_snapshot_epochs", "snapshot-elsewhere",
           (PNG, 'f"epoch_{epoch:03d}.png"')),
    mutant("four rows", "test_snapshot_picture", "grid-images-missing",
           ("rows=math.ceil(n_images / 4)", "rows=4")),
    mutant("the last row dropped", "test_snapshot_picture", "grid-images-missing",
           ("math.ceil(n_images / 4)", "n_images // 4")),
    mutant("the first image in every place", "test_snapshot_picture", "grid-images-missing",
           ("plot_image_grid(images, rows", "plot_image_grid(images[:1].expand_as(images), rows")),
    mutant("a picture on its side", "test_snapshot_picture", "grid-turned",
           ("plot_image_grid(images, rows", "plot_image_grid(images.mT, rows")),
    mutant("a picture upside down", "test_snapshot_picture", "grid-turned",
           ("plot_image_grid(images, rows", "plot_image_grid(images.flip(1), rows")),
    mutant("save_image from -1 to 1", "test_snapshot_picture", "pixels-clipped",
           (SAVED, f"""from torchvision.utils import save_image
        save_image(images.unsqueeze(1), directory / f"epoch_{{epoch:03d}}.png")
        {SAVED}""")),
    mutant("imshow from -1 to 1", "test_snapshot_picture", "pixels-clipped",
           (PAIRED, "for image, axis in zip(images.reshape(-1, 28, 28), axes):")),
    mutant("whole numbers of -1 to 1", "test_snapshot_picture", "pixels-wrapped",
           (SAVED, f"""from PIL import Image
        strip = torch.cat(list(images), dim=1).numpy()
        Image.fromarray((strip * 255).astype("uint8")).save(directory / f"epoch_{{epoch:03d}}.png")
        {SAVED}""")),
    mutant("save_image from 0 to 255", "test_snapshot_picture", "pixels-to-255",
           (SAVED, f"""from torchvision.utils import save_image
        pixels = to_pixels(images).unsqueeze(1) * 255
        save_image(pixels, directory / f"epoch_{{epoch:03d}}.png")
        {SAVED}""")),
    mutant("brought to [0, 1] twice", "test_snapshot_picture", "grid-shades",
           ("plot_image_grid(images, rows", "plot_image_grid(to_pixels(images), rows")),
    mutant("viridis in the file", "test_snapshot_picture", "grid-not-gray",
           (SAVED, f"""from matplotlib.pyplot import imsave
        strip = torch.cat(list(to_pixels(images)), dim=1)
        imsave(directory / f"epoch_{{epoch:03d}}.png", strip.numpy())
        {SAVED}""")),
    mutant("empty picture", "test_snapshot_picture", "snapshot-picture",
           ("plot_image_grid(images, rows", "plot_image_grid(0 * images, rows")),
    mutant("negative", "test_snapshot_picture", "colours-inverted",
           ("plot_image_grid(images, rows", "plot_image_grid(-images, rows")),
    mutant("PNG in name only", "test_snapshot_picture", "snapshot-files",
           (f"{PNG}\n", f"{PNG}, format='pdf'\n")),
    mutant("new noise", "test_snapshot_noise", "snapshot-new-noise",
           (SAMPLED, "images = generate_images(generator, n_images)")),
    mutant("the epoch as seed", "test_snapshot_noise", "snapshot-new-noise",
           (SAMPLED, "images = generate_images(generator, n_images, epoch)")),
    mutant("16 images", "test_snapshot_arguments", "n-images-ignored",
           (SAMPLED, "images = generate_images(generator, 16, seed)")),
    mutant("seed 0", "test_snapshot_arguments", "seed-constant",
           (SAMPLED, "images = generate_images(generator, n_images, 0)")),
    mutant("every fifth unless told", "test_snapshot_arguments", "other-defaults",
           ("every: int = 10", "every: int = 5")),
    mutant("no seed, seen by its arguments", "test_snapshot_arguments", "snapshot-new-noise",
           (SAMPLED, "images = generate_images(generator, n_images)")),
    mutant("noise of 100 numbers", "test_snapshot_noise", "latent-size-assumed",
           (SAMPLED, "images = generator(torch.randn(n_images, 100)).detach()")),
    mutant("folder as text", "test_snapshot_folder", "path-or-text",
           ("directory = Path(directory)", "pass")),
    mutant("no folder", "test_snapshot_folder", "snapshot-folder",
           ("directory.mkdir(parents=True, exist_ok=True)", "pass")),
    mutant("left in eval mode", "test_snapshot_mode", "mode-not-restored",
           (SAMPLED, f"generator.eval()\n        {SAMPLED}")),
    mutant("put into training mode", "test_snapshot_mode", "mode-always-training",
           (SAVED, f"{SAVED}\n        generator.train()")),
    Mutant("sampled in training mode", TIER, ((SAMPLED, IN_TRAINING),), BATCH_NORM,
           check="test_snapshot_mode", mistake="sampling-in-training-mode"),
    mutant("weights frozen", "test_snapshot_mode", "snapshot-disturbs-training",
           (SAMPLED, f"generator.requires_grad_(False)\n        {SAMPLED}")),
    mutant("gradients off for good", "test_snapshot_mode", "snapshot-disturbs-training",
           (SAMPLED, f"torch.set_grad_enabled(False)\n        {SAMPLED}")),
    mutant("another dtype", "test_snapshot_mode", "snapshot-disturbs-training",
           (SAVED, f"{SAVED}\n        generator.double()")),
    # Back from disk
    mutant("no weights", "test_loaded_images", "weights-not-loaded",
           ('generator.load_state_dict(checkpoint["weights"])', "pass")),
    mutant("default sizes", "test_loaded_images", "load-other-sizes",
           ('Generator(checkpoint["latent_dim"], checkpoint["hidden_dims"])', "Generator()")),
    mutant("sizes not saved", "test_loaded_images", "checkpoint-without-sizes",
           ('"hidden_dims": generator.hidden_dims,', "")),
    mutant("the state_dict alone", "test_loaded_images", "checkpoint-without-sizes",
           (SAVED, SAVED.replace("checkpoint", "generator.state_dict()"))),
    mutant("saved and loaded by other names", "test_loaded_images", "load-failed",
           ('"weights": generator.state_dict()', '"state": generator.state_dict()')),
    mutant("only a Path", "test_loaded_images", "path-or-text",
           (LOADED, LOADED.replace("path,", "path.resolve(),"))),
    mutant("only text", "test_loaded_images", "path-or-text",
           (LOADED, LOADED.replace("path,", 'path + "",'))),
    mutant("removed after loading", "test_loaded_images", "checkpoint-not-kept",
           ("return generator.eval()", "Path(path).unlink()\n    return generator.eval()")),
    mutant("the whole module", "test_loaded_images", "load-only-weights",
           (SAVED, SAVED.replace("checkpoint", "generator"))),
    mutant("no weights in the file", "test_loaded_images", "load-failed",
           (SAVED, '(directory / f"epoch_{epoch:03d}.pt").write_text(str(generator))')),
    mutant("weights alone", "test_loaded_images", "not-a-generator",
           ("return generator.eval()", 'return checkpoint["weights"]')),
    mutant("training mode", "test_loaded_mode", "loaded-in-training-mode",
           ("return generator.eval()", "return generator")),
    mutant("wrong answer", "test_questions", "wrong-answer",
           ('"mode_collapse": "b"', '"mode_collapse": "a"')),
]
# fmt: on


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mistake_is_named(mutant: Mutant, tmp_path: Path) -> None:
    assert_caught(mutant, tmp_path / "solutions")
