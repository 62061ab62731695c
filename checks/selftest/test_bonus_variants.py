"""The bonus checks on right code in other styles: none of it may be refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from checks.selftest.mutants import Variant, assert_accepted, instead
from checks.selftest.test_bonus_mistakes import (
    BATCH_NORM,
    NO_AXES,
    PNG,
    SHOWN,
    TIER,
    TILED,
)

SAVED = 'torch.save(checkpoint, directory / f"epoch_{epoch:03d}.pt")'
GRID, TILES, LOSSES = "plot_image_grid", "make_sample_grid", "plot_losses"
DISK = "snapshot_every load_generator"


def variant(name: str, about: str, *replacements: tuple[str, str]) -> Variant:
    return Variant(name, TIER, replacements, about=tuple(about.split()))


def advised(name: str, about: str, advice: str, *replacements: tuple[str, str]) -> Variant:
    return Variant(name, TIER, replacements, about=(about,), advice=advice)


# fmt: off
VARIANTS = [
    variant("pyplot, autoscaled, ticks removed", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            import matplotlib.pyplot as plt
            figure, axes = plt.subplots(rows, cols, figsize=(8, 8), squeeze=False)
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
            fig, axes = plt.subplots(rows, 1, squeeze=False)
            full = torch.cat([images.reshape(-1, 28, 28), -torch.ones(rows * cols, 28, 28)])
            for ax, strip in zip(axes[:, 0], full[: rows * cols].split(cols)):
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
            fig, axes = plt.subplots(rows, cols, squeeze=False)
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
    variant("pcolormesh", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            from matplotlib.figure import Figure
            fig = Figure()
            places = fig.subplots(rows, cols, squeeze=False).ravel()
            for k, ax in enumerate(places):
                ax.axis("off")
                if k < len(images):
                    ax.pcolormesh(to_pixels(images)[k], cmap="gray", vmin=0, vmax=1)
                    ax.invert_yaxis()
            return fig
    """)),
    variant("figimage, no axes at all", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            from matplotlib.figure import Figure
            fig = Figure(figsize=(cols, rows), dpi=28)
            for k, image in enumerate(to_pixels(images).flip(1)):
                down, right = divmod(k, cols)
                fig.figimage(image, 28 * right, 28 * (rows - 1 - down), cmap="gray",
                             vmin=0, vmax=1, origin="lower")
            return fig
    """)),
    variant("one image shown twice in its place", GRID, instead("""
        def plot_image_grid(images, rows=4, cols=4):
            import io
            import matplotlib.pyplot as plt
            fig = plt.figure()
            for k, image in enumerate(to_pixels(images).detach()):
                ax = fig.add_subplot(rows, cols, k + 1)
                ax.imshow(image, cmap="gray", vmin=0, vmax=1)
                ax.imshow(image, cmap="gray", vmin=0, vmax=1)
                ax.axis("off")
            fig.savefig(io.BytesIO())
            plt.close(fig)
            return fig
    """)),
    variant("normalize with fixed ends", TILES,
            (TILED, """grid = make_grid(images.reshape(-1, 1, 28, 28), nrow=n_columns,
                     normalize=True, value_range=(-1, 1))""")),
    variant("three channels, padded with -1, rescaled at last", TILES,
            (TILED, """grid = make_grid(images.view(-1, 1, 28, 28).expand(-1, 3, -1, -1),
                     n_columns, pad_value=-1) * 0.5 + 0.5""")),
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
    variant("names at the curves' ends, errD and errG", LOSSES, instead("""
        def plot_losses(history):
            from matplotlib.figure import Figure
            figure = Figure()
            axis = figure.subplots()
            for name, key in (("errD", "discriminator_loss"), ("errG", "generator_loss")):
                losses = [entry[key] for entry in history]
                axis.plot([str(entry["epoch"]) for entry in history], losses)
                axis.annotate(name, (len(losses) - 1, losses[-1]))
            figure.supxlabel("epoch")
            figure.supylabel("loss")
            return figure
    """)),
    variant("one figure, cleared", LOSSES, instead("""
        def plot_losses(history):
            import matplotlib.pyplot as plt
            figure = plt.figure("losses", facecolor="black", clear=True)
            axis = figure.add_subplot(facecolor="black")
            for key in ("generator_loss", "discriminator_loss"):
                epochs = [entry["epoch"] for entry in history]
                axis.plot(epochs, [entry[key] for entry in history], "w", label=key)
            axis.legend()
            return figure
    """)),
    variant("make_grid as PNG, noise one by one, on a copy", DISK, instead("""
        def snapshot_every(directory, every=10, n_images=16, seed=0):
            import copy
            from PIL import Image
            Path(directory).mkdir(parents=True, exist_ok=True)
            def save(epoch, generator):
                if epoch % every:
                    return
                twin = copy.deepcopy(generator).eval()
                rng = torch.Generator().manual_seed(seed)
                z = torch.randn(n_images, twin.latent_dim, generator=rng)
                with torch.inference_mode():
                    images = torch.cat([twin(row[None]) for row in z])
                picture = make_sample_grid(images, 7).permute(1, 2, 0) * 255
                Image.fromarray(picture.byte().numpy()).save(f"{directory}/{epoch}.png")
                sizes = {"latent_dim": twin.latent_dim, "hidden_dims": twin.hidden_dims}
                torch.save([sizes, twin.state_dict()], f"{directory}/{epoch}.pt")
            return save

        def load_generator(path):
            sizes, weights = torch.load(path, map_location=torch.device("cpu"))
            generator = Generator(**sizes)
            generator.load_state_dict(weights)
            return generator.eval()
    """)),
    variant("a wide figure in Greys_r, cut to its title", "snapshot_every",
            ("plot_image_grid(images, rows=math.ceil(n_images / 4)).savefig(",
             "figure = plot_image_grid(images, rows=2, cols=math.ceil(n_images / 2))\n"
             "        figure.suptitle(f'Epoch {epoch}')\n"
             "        figure.set(facecolor='lightgray')\n"
             "        figure.savefig("),
            (f"{PNG}\n", f"{PNG}, bbox_inches='tight', dpi=50\n"),
            (SHOWN, SHOWN.replace("gray", "Greys_r"))),
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
                fig = plot_image_grid(images, rows=-(-self.n_images // 4))
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
    variant("weights as npz, sizes as JSON, pixels by PIL", DISK, instead("""
        def snapshot_every(directory, every=10, n_images=16, seed=0):
            import json
            import numpy as np
            from PIL import Image
            folder = Path(directory)
            folder.mkdir(parents=True, exist_ok=True)
            def save(epoch, generator):
                if epoch % every == 0:
                    strip = torch.cat(list(to_pixels(generate_images(generator, n_images, seed))))
                    Image.fromarray((strip * 255).byte().numpy()).save(folder / f"{epoch}.png")
                    weights = {k: w.numpy() for k, w in generator.state_dict().items()}
                    np.savez(folder / f"{epoch}.npz", **weights)
                    sizes = [generator.latent_dim, list(generator.hidden_dims)]
                    (folder / f"{epoch}.json").write_text(json.dumps(sizes))
            return save

        def load_generator(path):
            import json
            import numpy as np
            generator = Generator(*json.loads(Path(path).with_suffix(".json").read_text()))
            with np.load(path) as weights:
                state = {name: torch.from_numpy(weights[name]) for name in weights}
            generator.load_state_dict(state)
            return generator.eval()
    """)),
    variant("no borders", TILES, (TILED, TILED.replace("n_columns)", "n_columns, padding=0)"))),
    variant("broad gray borders", TILES,
            (TILED, TILED.replace("n_columns)", "n_columns, padding=4, pad_value=0.5)"))),
    variant("rescaled with the borders", TILES,
            (TILED, "grid = (make_grid(images.reshape(-1, 1, 28, 28), nrow=n_columns) + 1) / 2")),
    advised("stretched together", TILES, "pixels-stretched",
            (TILED, TILED.replace("n_columns)", "n_columns, normalize=True)"))),
    advised("stretched one by one", TILES, "pixels-stretched",
            (TILED, TILED.replace("n_columns)", "n_columns, normalize=True, scale_each=True)"))),
    advised("saved in passing", GRID, "figure-shown-or-saved",
            (f"{NO_AXES}\n    return figure",
             f"{NO_AXES}\n    figure.savefig('grid.png')\n    return figure")),
    Variant("batch-norm and dropout in the generator", TIER, (), BATCH_NORM,
            about=("snapshot_every", "load_generator")),
    variant("a trace beside the checkpoint", "snapshot_every",
            (SAVED, f"{SAVED}\n        torch.jit.trace(generator, torch.ones(2, "
                    "generator.latent_dim))")),
    variant("libraries at the top", "",
            ("import math\n", "import math\nimport torchvision\nfrom matplotlib import pyplot\n")),
]
# fmt: on


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_variant_is_accepted(variant: Variant, tmp_path: Path) -> None:
    assert_accepted(variant, tmp_path / "solutions")
