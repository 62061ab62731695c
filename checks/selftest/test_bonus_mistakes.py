"""The bonus checks on wrong code and on right code in other styles: one line of a table each."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.selftest.mutants import Mutant, Variant, assert_accepted, assert_caught, instead

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
GRID, TILES, LOSSES = "plot_image_grid", "make_sample_grid", "plot_losses"
DISK = "snapshot_every load_generator"
BATCH_NORM = {
    "intermediate": (
        ("nn.LeakyReLU(0.2)]", "nn.BatchNorm1d(hidden_dim), nn.LeakyReLU(0.2), nn.Dropout(0.1)]"),
    )
}


def mutant(name: str, check: str, mistake: str, *replacements: tuple[str, str]) -> Mutant:
    return Mutant(name, TIER, replacements, check=check, mistake=mistake)


def variant(name: str, about: str, *replacements: tuple[str, str]) -> Variant:
    return Variant(name, TIER, replacements, about=tuple(about.split()))


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
    mutant("axes on", "test_grid_axes", "grid-axes", (NO_AXES, "pass")),
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
    mutant("no folder", "test_snapshot_folder", "snapshot-folder",
           ("directory.mkdir(parents=True, exist_ok=True)", "pass")),
    mutant("left in eval mode", "test_snapshot_mode", "mode-not-restored",
           (SAMPLED, f"generator.eval()\n        {SAMPLED}")),
    mutant("put into training mode", "test_snapshot_mode", "mode-always-training",
           (SAVED, f"{SAVED}\n        generator.train()")),
    # Back from disk
    mutant("no weights", "test_loaded_images", "weights-not-loaded",
           ('generator.load_state_dict(checkpoint["weights"])', "pass")),
    mutant("default sizes", "test_loaded_images", "load-other-sizes",
           ('Generator(checkpoint["latent_dim"], checkpoint["hidden_dims"])', "Generator()")),
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

VARIANTS = [
    variant("pyplot, autoscaled, ticks removed", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            import matplotlib.pyplot as plt
            figure, axes = plt.subplots(rows, cols, figsize=(8, 8))
            for k, axis in enumerate(axes.ravel()):
                if k < len(images):
                    axis.imshow(images[k].view(28, 28).numpy(), cmap="gray")
                axis.set_xticks([])
                axis.set_yticks([])
                axis.set_title(str(k))
            plt.tight_layout()
            return figure
    """)),
    variant("add_subplot, binary_r, -1 to 1", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            import matplotlib.pyplot as plt
            fig = plt.figure()
            for k, image in enumerate(images.reshape(-1, 28, 28)):
                ax = fig.add_subplot(rows, cols, k + 1)
                ax.matshow(image, cmap="binary_r", vmin=-1, vmax=1)
                ax.tick_params(left=False, top=False, bottom=False,
                               labelleft=False, labeltop=False, labelbottom=False)
            return fig
    """)),
    variant("one axes with make_grid's picture", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            from matplotlib import pyplot as plt
            from torchvision.utils import make_grid
            fig, ax = plt.subplots(figsize=(cols, rows))
            tiles = make_grid(images.reshape(-1, 1, 28, 28), nrow=cols, normalize=True, padding=1)
            ax.imshow(tiles.permute(1, 2, 0).numpy(), interpolation="nearest")
            ax.xaxis.set_visible(False)
            ax.get_yaxis().set_visible(False)
            return fig
    """)),
    variant("tiles by reshape, from bottom to top, Greys_r", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            import matplotlib.pyplot as plt
            full = -torch.ones(rows * cols, 28, 28)
            full[: len(images)] = images.reshape(-1, 28, 28)
            tiles = full.reshape(rows, cols, 28, 28).permute(0, 2, 1, 3).reshape(rows * 28, -1)
            fig = plt.figure(figsize=(4, 4))
            plt.imshow(tiles.flip(0), cmap="Greys_r", origin="lower")
            plt.axis("off")
            return fig
    """)),
    variant("RGB bytes, gridspec", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            from matplotlib.figure import Figure
            fig = Figure()
            grid = fig.add_gridspec(rows, cols, wspace=0.05, hspace=0.05)
            for k, image in enumerate(to_pixels(images)):
                ax = fig.add_subplot(grid[k // cols, k % cols])
                ax.imshow((255 * image).byte()[..., None].repeat(1, 1, 3))
                ax.set_axis_off()
            return fig
    """)),
    variant("a strip of images for each row", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            import matplotlib.pyplot as plt
            fig, axes = plt.subplots(rows, 1)
            full = torch.cat([images.reshape(-1, 28, 28), -torch.ones(rows * cols, 28, 28)])
            for ax, strip in zip(axes, full[: rows * cols].split(cols)):
                ax.imshow(torch.cat(list(strip), dim=1), cmap="gray", vmin=-1, vmax=1)
                ax.set(xticks=[], yticks=[])
            return fig
    """)),
    variant("rows from the bottom, limits swapped, subfigure", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            import matplotlib.pyplot as plt
            from torchvision.utils import make_grid
            fig = plt.figure(layout="constrained")
            ax = fig.subfigures(1, 1).add_axes([0, 0, 1, 1], frameon=False)
            tiles = make_grid((images.reshape(-1, 1, 28, 28) + 1) / 2, cols, pad_value=1)[0]
            ax.imshow(tiles.flip(0), cmap="gray", extent=(0, 1, 1, 0), vmin=0, vmax=1)
            ax.invert_yaxis()
            ax.set(xticks=[], yticks=[])
            return fig
    """)),
    variant("each pixel drawn as nine", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            import matplotlib.pyplot as plt
            fig, axes = plt.subplots(rows, cols)
            for ax in axes.flat:
                ax.axis("off")
            for ax, image in zip(axes.flat, images.reshape(-1, 28, 28)):
                big = image.repeat_interleave(3, 0).repeat_interleave(3, 1)
                ax.imshow(big.numpy(), cmap="gist_gray")
            return fig
    """)),
    variant("pixels one by one", "to_pixels", instead("""
        def to_pixels(images):
            return torch.stack([image.view(28, 28) * 0.5 + 0.5 for image in images])
    """)),
    variant("pixels as an array", "to_pixels plot_image_grid make_sample_grid",
            (PIXELS, PIXELS + ".numpy()"),
            ("to_pixels(images).detach().cpu()", "to_pixels(images)"),
            (TILED, TILED.replace("to_pixels(images)", "torch.from_numpy(to_pixels(images))"))),
    variant("normalize, padding 0", TILES,
            (TILED, """grid = make_grid(images.reshape(-1, 1, 28, 28), nrow=n_columns,
                     normalize=True, value_range=(-1, 1), padding=0)""")),
    variant("one channel, white padding, -1 to 1", TILES,
            (TILED, """grid = make_grid(images.view(-1, 1, 28, 28), n_columns,
                     padding=4, pad_value=1)[:1]""")),
    variant("LaTeX labels at two plots", LOSSES, instead(r"""
        def plot_losses(history):
            import matplotlib.pyplot as plt
            fig, axes = plt.subplots(1, 2)
            for ax, name in zip(axes, ("discriminator", "generator")):
                ax.semilogy([h[name + "_loss"] for h in history], "o-")
                ax.set_ylabel(f"$L_{name[0].upper()}$")
            return fig
    """)),
    variant("pyplot, legend with a list", LOSSES, instead("""
        def plot_losses(history):
            import matplotlib.pyplot as plt
            fig = plt.figure()
            epochs = range(1, len(history) + 1)
            plt.plot(epochs, [h["generator_loss"] for h in history], "g")
            plt.plot(epochs, [h["discriminator_loss"] for h in history], "r--")
            plt.axhline(0.69, color="gray")
            plt.legend(["Loss G", "Loss D"])
            plt.grid()
            return fig
    """)),
    variant("legend of the figure", LOSSES, instead("""
        def plot_losses(history):
            from matplotlib.figure import Figure
            figure = Figure()
            left = figure.subplots()
            right = left.twinx()
            left.plot([h["generator_loss"] for h in history], color="b", label="G_loss")
            right.plot([h["discriminator_loss"] for h in history], color="r", label="D_loss")
            figure.legend()
            return figure
    """)),
    variant("save_image, whole module, folder per epoch", DISK, instead("""
        def snapshot_every(directory, every=10, n_images=16, seed=0):
            import os
            from torchvision.utils import save_image
            os.makedirs(directory, exist_ok=True)
            def save(epoch, generator):
                if not epoch % every:
                    folder = os.path.join(directory, f"epoch-{epoch}")
                    os.makedirs(folder, exist_ok=True)
                    images = generate_images(generator, n_images, seed=seed)
                    save_image(images.unsqueeze(1), os.path.join(folder, "grid.png"),
                               nrow=4, normalize=True, value_range=(-1, 1))
                    torch.save(generator, os.path.join(folder, "G.pth"))
            return save

        def load_generator(path):
            return torch.load(path, weights_only=False).eval()
    """)),
    variant("noise kept, titles, sizes read from the weights", DISK, instead("""
        class snapshot_every:
            def __init__(self, directory, every=10, n_images=16, seed=0):
                self.directory, self.every = Path(directory), every
                self.n_images, self.seed, self.z = n_images, seed, None

            def __call__(self, epoch, generator):
                import matplotlib.pyplot as plt
                if epoch % self.every:
                    return
                if self.z is None:
                    rng = torch.Generator().manual_seed(self.seed)
                    self.z = torch.randn(self.n_images, generator.latent_dim, generator=rng)
                mode = generator.training
                generator.eval()
                with torch.no_grad():
                    images = torch.cat([generator(z[None]) for z in self.z])
                generator.train(mode)
                self.directory.mkdir(parents=True, exist_ok=True)
                fig = plot_image_grid(images)
                fig.suptitle(f"Epoch {epoch}")
                fig.savefig(self.directory / f"snapshot{epoch}.png", dpi=60)
                plt.close("all")
                torch.save(generator.state_dict(), self.directory / f"snapshot{epoch}.ckpt")

        def load_generator(path):
            state = torch.load(path)
            shapes = [w.shape for w in state.values() if w.dim() == 2]
            generator = Generator(shapes[0][1], tuple(shape[0] for shape in shapes[:-1]))
            generator.load_state_dict(state)
            generator.eval()
            return generator
    """)),
    Variant("batch-norm and dropout in the generator", TIER, (), BATCH_NORM,
            about=("snapshot_every", "load_generator")),
    variant("libraries at the top", "",
            ("import math\n", "import math\nimport torchvision\nfrom matplotlib import pyplot\n")),
]
# fmt: on


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mistake_is_named(mutant: Mutant, tmp_path: Path) -> None:
    assert_caught(mutant, tmp_path / "solutions")


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_right_code_is_accepted(variant: Variant, tmp_path: Path) -> None:
    assert_accepted(variant, tmp_path / "solutions")
