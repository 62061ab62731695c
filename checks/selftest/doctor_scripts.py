"""Scripts for the doctor: right ones in many styles, and wrong ones made from them by replacing text.

They are texts, since what is in them is none of the kit's own style.
"""

# ruff: noqa: E501
# fmt: off
from __future__ import annotations

import json
from dataclasses import dataclass

PLAIN = '''
import torch
import torch.nn as nn
import torch.optim as optim
from torchvision import datasets, transforms
from torch.utils.data import DataLoader

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
batch_size = 64

class Painter(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(100, 128), nn.LeakyReLU(0.2), nn.Linear(128, 784), nn.Tanh())
    def forward(self, z):
        return self.body(z)

class Judge(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(784, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3),
            nn.Linear(128, 1), nn.Sigmoid())
    def forward(self, x):
        return self.body(x.view(x.size(0), -1))

tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
data = datasets.MNIST("./data", train=True, transform=tf, download=True)
loader = DataLoader(data, batch_size=batch_size, shuffle=True)
A, B = Painter().to(device), Judge().to(device)
opt_a = optim.Adam(A.parameters(), lr=2e-4, betas=(0.5, 0.999))
opt_b = optim.Adam(B.parameters(), lr=2e-4, betas=(0.5, 0.999))
bce = nn.BCELoss()
history = []
for epoch in range(5):
    for i, (real, _) in enumerate(loader):
        n = real.size(0)
        real = real.to(device)
        ones = torch.ones(n, 1, device=device)
        zeros = torch.zeros(n, 1, device=device)

        opt_b.zero_grad()
        fake = A(torch.randn(n, 100, device=device))
        loss_b = bce(B(real), ones) + bce(B(fake.detach()), zeros)
        loss_b.backward()
        opt_b.step()

        opt_a.zero_grad()
        loss_a = bce(B(fake), ones)
        loss_a.backward()
        opt_a.step()
        history.append(loss_a.item())
    print(epoch, loss_a.item(), loss_b.item())
'''

FUNCTIONS = '''
import torch
from torch import nn, optim
from torch.autograd.variable import Variable
from torchvision import transforms, datasets
from IPython import display
from utils_logger import Logger

def mnist_data():
    compose = transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5], [0.5])])
    return datasets.MNIST(root="./dataset", train=True, transform=compose, download=True)

data_loader = torch.utils.data.DataLoader(mnist_data(), batch_size=100, shuffle=True)
num_batches = len(data_loader)

def images_to_vectors(images):
    return images.view(images.size(0), 784)

def noise(size):
    n = Variable(torch.randn(size, 100))
    if torch.cuda.is_available():
        return n.cuda()
    return n

def ones_target(size):
    return Variable(torch.ones(size, 1))

def zeros_target(size):
    return Variable(torch.zeros(size, 1))

discriminator = nn.Sequential(
    nn.Linear(784, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(128, 1), nn.Sigmoid())
generator = nn.Sequential(
    nn.Linear(100, 128), nn.LeakyReLU(0.2), nn.Linear(128, 784), nn.Tanh())
d_optimizer = optim.Adam(discriminator.parameters(), lr=0.0002)
g_optimizer = optim.Adam(generator.parameters(), lr=0.0002)
loss = nn.BCELoss()

def train_discriminator(optimizer, real_data, fake_data):
    N = real_data.size(0)
    optimizer.zero_grad()
    prediction_real = discriminator(real_data)
    error_real = loss(prediction_real, ones_target(N))
    error_real.backward()
    prediction_fake = discriminator(fake_data)
    error_fake = loss(prediction_fake, zeros_target(N))
    error_fake.backward()
    optimizer.step()
    return error_real + error_fake, prediction_real, prediction_fake

def train_generator(optimizer, fake_data):
    N = fake_data.size(0)
    optimizer.zero_grad()
    prediction = discriminator(fake_data)
    error = loss(prediction, ones_target(N))
    error.backward()
    optimizer.step()
    return error

logger = Logger(model_name="VGAN", data_name="MNIST")
for epoch in range(200):
    for n_batch, (real_batch, _) in enumerate(data_loader):
        N = real_batch.size(0)
        real_data = Variable(images_to_vectors(real_batch))
        fake_data = generator(noise(N)).detach()
        d_error, d_pred_real, d_pred_fake = train_discriminator(d_optimizer, real_data, fake_data)
        fake_data = generator(noise(N))
        g_error = train_generator(g_optimizer, fake_data)
        logger.log(d_error, g_error, epoch, n_batch, num_batches)
        if n_batch % 100 == 0:
            display.clear_output(True)
            logger.display_status(epoch, 200, n_batch, num_batches, d_error, g_error)
'''

TRAINER = '''
import os
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import datasets, transforms, utils
from tqdm import tqdm
import wandb

class Net(nn.Module):
    def __init__(self, sizes, last):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])
        self.last = last
    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), 0.2)
        return self.last(self.layers[-1](x))

class GAN:
    def __init__(self, config):
        self.config = config
        self.device = "cuda"
        self.make = Net([config["z"], 96, 784], torch.tanh).to(self.device)
        self.judge = Net([784, 96, 1], lambda x: x).to(self.device)
        self.opt_make = torch.optim.Adam(self.make.parameters(), lr=config["lr"])
        self.opt_judge = torch.optim.Adam(self.judge.parameters(), lr=config["lr"])
        self.criterion = nn.BCEWithLogitsLoss()

    def judge_step(self, real):
        z = torch.randn(len(real), self.config["z"], device=self.device)
        with torch.no_grad():
            fake = self.make(z)
        scores = torch.cat([self.judge(real), self.judge(fake)])
        labels = torch.cat([torch.ones(len(real), 1), torch.zeros(len(real), 1)]).to(self.device)
        loss = self.criterion(scores, labels)
        self.opt_judge.zero_grad()
        loss.backward()
        self.opt_judge.step()
        return loss.item()

    def make_step(self, n):
        z = torch.randn(n, self.config["z"], device=self.device)
        loss = self.criterion(self.judge(self.make(z)), torch.ones(n, 1, device=self.device))
        self.opt_make.zero_grad()
        loss.backward()
        self.opt_make.step()
        return loss.item()

    def train(self, loader):
        for epoch in range(self.config["epochs"]):
            bar = tqdm(loader, desc=f"epoch {epoch}")
            for real, _ in bar:
                real = real.to(self.device)
                d, g = self.judge_step(real), self.make_step(len(real))
                bar.set_postfix(d=d, g=g)
                wandb.log({"d": d, "g": g})
            self.make.eval()
            utils.save_image(self.make(torch.randn(16, self.config["z"])).view(-1, 1, 28, 28), "x.png")
            self.make.train()
            torch.save(self.make.state_dict(), os.path.join("out", "g.pt"))

def main():
    os.makedirs("out", exist_ok=True)
    config = {"z": 64, "lr": 2e-4, "epochs": 3, "batch": 128}
    tf = transforms.Compose([transforms.ToTensor(), transforms.Lambda(lambda x: x * 2 - 1)])
    data = datasets.MNIST("data", download=True, transform=tf)
    loader = torch.utils.data.DataLoader(data, config["batch"], shuffle=True, num_workers=4)
    wandb.init(project="gan", config=config)
    GAN(config).train(loader)

if __name__ == "__main__":
    main()
'''

ARGPARSE = '''
import argparse
import os
import numpy as np
import torchvision.transforms as transforms
from torchvision.utils import save_image
from torch.utils.data import DataLoader
from torchvision import datasets
from torch.autograd import Variable
import torch.nn as nn
import torch

os.makedirs("images", exist_ok=True)
parser = argparse.ArgumentParser()
parser.add_argument("--n_epochs", type=int, default=200)
parser.add_argument("--batch_size", type=int, default=64)
parser.add_argument("--lr", type=float, default=0.0002)
parser.add_argument("--b1", type=float, default=0.5)
parser.add_argument("--latent_dim", type=int, default=100)
parser.add_argument("--img_size", type=int, default=28)
parser.add_argument("--channels", type=int, default=1)
parser.add_argument("--sample_interval", type=int, default=400)
opt = parser.parse_args()
img_shape = (opt.channels, opt.img_size, opt.img_size)
cuda = True if torch.cuda.is_available() else False

class Generator(nn.Module):
    def __init__(self):
        super(Generator, self).__init__()
        def block(i, o, normalize=True):
            layers = [nn.Linear(i, o)]
            if normalize:
                layers.append(nn.BatchNorm1d(o, 0.8))
            layers.append(nn.LeakyReLU(0.2, inplace=True))
            return layers
        self.model = nn.Sequential(
            *block(opt.latent_dim, 64, normalize=False), *block(64, 128),
            nn.Linear(128, int(np.prod(img_shape))), nn.Tanh())
    def forward(self, z):
        img = self.model(z)
        return img.view(img.size(0), *img_shape)

class Discriminator(nn.Module):
    def __init__(self):
        super(Discriminator, self).__init__()
        self.model = nn.Sequential(
            nn.Linear(int(np.prod(img_shape)), 128), nn.LeakyReLU(0.2, inplace=True),
            nn.Linear(128, 1), nn.Sigmoid())
    def forward(self, img):
        return self.model(img.view(img.size(0), -1))

adversarial_loss = torch.nn.BCELoss()
generator = Generator()
discriminator = Discriminator()
if cuda:
    generator.cuda()
    discriminator.cuda()
    adversarial_loss.cuda()
os.makedirs("../../data/mnist", exist_ok=True)
dataloader = torch.utils.data.DataLoader(
    datasets.MNIST("../../data/mnist", train=True, download=True,
        transform=transforms.Compose([transforms.Resize(opt.img_size), transforms.ToTensor(),
                                      transforms.Normalize([0.5], [0.5])])),
    batch_size=opt.batch_size, shuffle=True)
optimizer_G = torch.optim.Adam(generator.parameters(), lr=opt.lr, betas=(opt.b1, 0.999))
optimizer_D = torch.optim.Adam(discriminator.parameters(), lr=opt.lr, betas=(opt.b1, 0.999))
Tensor = torch.cuda.FloatTensor if cuda else torch.FloatTensor

for epoch in range(opt.n_epochs):
    for i, (imgs, _) in enumerate(dataloader):
        valid = Variable(Tensor(imgs.size(0), 1).fill_(1.0), requires_grad=False)
        fake = Variable(Tensor(imgs.size(0), 1).fill_(0.0), requires_grad=False)
        real_imgs = Variable(imgs.type(Tensor))
        optimizer_G.zero_grad()
        z = Variable(Tensor(np.random.normal(0, 1, (imgs.shape[0], opt.latent_dim))))
        gen_imgs = generator(z)
        g_loss = adversarial_loss(discriminator(gen_imgs), valid)
        g_loss.backward()
        optimizer_G.step()
        optimizer_D.zero_grad()
        real_loss = adversarial_loss(discriminator(real_imgs), valid)
        fake_loss = adversarial_loss(discriminator(gen_imgs.detach()), fake)
        d_loss = (real_loss + fake_loss) / 2
        d_loss.backward()
        optimizer_D.step()
        batches_done = epoch * len(dataloader) + i
        if batches_done % opt.sample_interval == 0:
            save_image(gen_imgs.data[:25], "images/%d.png" % batches_done, nrow=5, normalize=True)
'''

DCGAN = '''
import torch
import torch.nn as nn
import torch.optim as optim
import torchvision.datasets as dset
import torchvision.transforms as transforms
import matplotlib.pyplot as plt
import torchvision.utils as vutils

CONFIG = {"image_size": 32, "nc": 3, "nz": 16, "ngf": 8, "ndf": 8, "lr": 0.0002, "batch": 32}
dataset = dset.ImageFolder(root="data/celeba", transform=transforms.Compose([
    transforms.Resize(CONFIG["image_size"]), transforms.CenterCrop(CONFIG["image_size"]),
    transforms.ToTensor(), transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))]))
dataloader = torch.utils.data.DataLoader(dataset, batch_size=CONFIG["batch"], shuffle=True,
                                         num_workers=2)
device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")

def weights_init(m):
    if m.__class__.__name__.find("Conv") != -1:
        nn.init.normal_(m.weight.data, 0.0, 0.02)
    elif m.__class__.__name__.find("BatchNorm") != -1:
        nn.init.normal_(m.weight.data, 1.0, 0.02)
        nn.init.constant_(m.bias.data, 0)

def build_g(c):
    return nn.Sequential(
        nn.ConvTranspose2d(c["nz"], c["ngf"] * 4, 4, 1, 0, bias=False), nn.BatchNorm2d(c["ngf"] * 4),
        nn.ReLU(True),
        nn.ConvTranspose2d(c["ngf"] * 4, c["ngf"] * 2, 4, 2, 1, bias=False),
        nn.BatchNorm2d(c["ngf"] * 2), nn.ReLU(True),
        nn.ConvTranspose2d(c["ngf"] * 2, c["ngf"], 4, 2, 1, bias=False), nn.BatchNorm2d(c["ngf"]),
        nn.ReLU(True), nn.ConvTranspose2d(c["ngf"], c["nc"], 4, 2, 1, bias=False), nn.Tanh())

def build_d(c):
    return nn.Sequential(
        nn.Conv2d(c["nc"], c["ndf"], 4, 2, 1, bias=False), nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(c["ndf"], c["ndf"] * 2, 4, 2, 1, bias=False), nn.BatchNorm2d(c["ndf"] * 2),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(c["ndf"] * 2, c["ndf"] * 4, 4, 2, 1, bias=False), nn.BatchNorm2d(c["ndf"] * 4),
        nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(c["ndf"] * 4, 1, 4, 1, 0, bias=False),
        nn.Sigmoid())

netG = build_g(CONFIG).to(device)
netG.apply(weights_init)
netD = build_d(CONFIG).to(device)
netD.apply(weights_init)
criterion = nn.BCELoss()
fixed_noise = torch.randn(64, CONFIG["nz"], 1, 1, device=device)
real_label, fake_label = 1.0, 0.0
optimizerD = optim.Adam(netD.parameters(), lr=CONFIG["lr"], betas=(0.5, 0.999))
optimizerG = optim.Adam(netG.parameters(), lr=CONFIG["lr"], betas=(0.5, 0.999))
img_list, G_losses, D_losses, iters = [], [], [], 0
for epoch in range(5):
    for i, data in enumerate(dataloader, 0):
        netD.zero_grad()
        real_cpu = data[0].to(device)
        b_size = real_cpu.size(0)
        label = torch.full((b_size,), real_label, dtype=torch.float, device=device)
        output = netD(real_cpu).view(-1)
        errD_real = criterion(output, label)
        errD_real.backward()
        noise = torch.randn(b_size, CONFIG["nz"], 1, 1, device=device)
        fake = netG(noise)
        label.fill_(fake_label)
        output = netD(fake.detach()).view(-1)
        errD_fake = criterion(output, label)
        errD_fake.backward()
        errD = errD_real + errD_fake
        optimizerD.step()
        netG.zero_grad()
        label.fill_(real_label)
        output = netD(fake).view(-1)
        errG = criterion(output, label)
        errG.backward()
        optimizerG.step()
        G_losses.append(errG.item())
        D_losses.append(errD.item())
        if iters % 500 == 0:
            with torch.no_grad():
                img_list.append(vutils.make_grid(netG(fixed_noise).detach().cpu(), padding=2))
        iters += 1
plt.figure(figsize=(10, 5))
plt.plot(G_losses)
plt.show()
'''

LIGHTNING = '''
import torch
import torch.nn as nn
import torch.nn.functional as F
import pytorch_lightning as pl
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import MNIST

class Gen(nn.Module):
    def __init__(self, z):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(z, 64), nn.ReLU(), nn.Linear(64, 784), nn.Tanh())
    def forward(self, z):
        return self.net(z).view(-1, 1, 28, 28)

class Disc(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.LeakyReLU(0.2),
                                 nn.Linear(64, 1), nn.Sigmoid())
    def forward(self, x):
        return self.net(x)

class GAN(pl.LightningModule):
    def __init__(self, latent_dim=32, lr=2e-4):
        super().__init__()
        self.save_hyperparameters()
        self.automatic_optimization = False
        self.generator = Gen(latent_dim)
        self.discriminator = Disc()

    def forward(self, z):
        return self.generator(z)

    def training_step(self, batch, batch_idx):
        imgs, _ = batch
        opt_g, opt_d = self.optimizers()
        z = torch.randn(imgs.shape[0], self.hparams.latent_dim).type_as(imgs)
        valid = torch.ones(imgs.size(0), 1).type_as(imgs)
        self.toggle_optimizer(opt_g)
        g_loss = F.binary_cross_entropy(self.discriminator(self(z)), valid)
        opt_g.zero_grad()
        self.manual_backward(g_loss)
        opt_g.step()
        self.untoggle_optimizer(opt_g)
        self.toggle_optimizer(opt_d)
        real_loss = F.binary_cross_entropy(self.discriminator(imgs), valid)
        fake = torch.zeros(imgs.size(0), 1).type_as(imgs)
        fake_loss = F.binary_cross_entropy(self.discriminator(self(z).detach()), fake)
        d_loss = (real_loss + fake_loss) / 2
        opt_d.zero_grad()
        self.manual_backward(d_loss)
        opt_d.step()
        self.untoggle_optimizer(opt_d)
        self.log("g_loss", g_loss, prog_bar=True)

    def configure_optimizers(self):
        g = torch.optim.Adam(self.generator.parameters(), lr=self.hparams.lr)
        d = torch.optim.Adam(self.discriminator.parameters(), lr=self.hparams.lr)
        return [g, d], []

class Data(pl.LightningDataModule):
    def setup(self, stage=None):
        tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
        self.train_set = MNIST(".", train=True, download=True, transform=tf)
    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=256, shuffle=True)

trainer = pl.Trainer(max_epochs=5, accelerator="auto", devices=1)
trainer.fit(GAN(), datamodule=Data())
'''

WGAN_GP = '''
import torch
from torch import nn, autograd
from torchvision import datasets, transforms

G = nn.Sequential(nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 784), nn.Tanh())
C = nn.Sequential(nn.Linear(784, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
opt_g = torch.optim.Adam(G.parameters(), lr=1e-4, betas=(0.0, 0.9))
opt_c = torch.optim.Adam(C.parameters(), lr=1e-4, betas=(0.0, 0.9))
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
loader = torch.utils.data.DataLoader(datasets.FashionMNIST("d", download=True, transform=tf),
                                     batch_size=64, shuffle=True, drop_last=True)

def penalty(real, fake):
    alpha = torch.rand(real.size(0), 1)
    mix = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    out = C(mix)
    grad = autograd.grad(out, mix, torch.ones_like(out), create_graph=True, retain_graph=True)[0]
    return ((grad.norm(2, dim=1) - 1) ** 2).mean()

step = 0
for epoch in range(10):
    for real, _ in loader:
        real = real.view(real.size(0), -1)
        z = torch.randn(real.size(0), 32)
        fake = G(z).detach()
        loss_c = C(fake).mean() - C(real).mean() + 10 * penalty(real, fake)
        opt_c.zero_grad()
        loss_c.backward()
        opt_c.step()
        step += 1
        if step % 5 == 0:
            loss_g = -C(G(torch.randn(64, 32))).mean()
            opt_g.zero_grad()
            loss_g.backward()
            opt_g.step()
'''

WGAN_CLIP = WGAN_GP.replace(" + 10 * penalty(real, fake)", "").replace(
    "        step += 1\n",
    "        for p in C.parameters():\n            p.data.clamp_(-0.01, 0.01)\n        step += 1\n",
).replace("optim.Adam(G.parameters(), lr=1e-4, betas=(0.0, 0.9))", "optim.RMSprop(G.parameters(), lr=5e-5)")

LSGAN = PLAIN.replace("nn.BCELoss()", "nn.MSELoss()").replace(
    "nn.Linear(128, 1), nn.Sigmoid())", "nn.Linear(128, 1))"
)

HINGE = LSGAN.replace(
    "loss_b = bce(B(real), ones) + bce(B(fake.detach()), zeros)",
    "loss_b = torch.relu(1 - B(real)).mean() + torch.relu(1 + B(fake.detach())).mean()",
).replace("loss_a = bce(B(fake), ones)", "loss_a = -B(fake).mean()")

CONDITIONAL = '''
import torch, torch.nn as nn
from torchvision import datasets, transforms
class G(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 10)
        self.net = nn.Sequential(nn.Linear(110, 64), nn.ReLU(), nn.Linear(64, 784), nn.Tanh())
    def forward(self, z, y):
        return self.net(torch.cat([z, self.emb(y)], 1))
class D(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(10, 10)
        self.net = nn.Sequential(nn.Linear(794, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1))
    def forward(self, x, y):
        return self.net(torch.cat([x.view(x.size(0), -1), self.emb(y)], 1))
g, d = G(), D()
og = torch.optim.Adam(g.parameters(), 2e-4)
od = torch.optim.Adam(d.parameters(), 2e-4)
crit = nn.BCEWithLogitsLoss()
tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize(0.5, 0.5)])
dl = torch.utils.data.DataLoader(datasets.MNIST("x", transform=tf), 50, True)
for e in range(3):
    for x, y in dl:
        n = len(x)
        fy = torch.randint(0, 10, (n,))
        f = g(torch.randn(n, 100), fy)
        ld = crit(d(x, y), torch.full((n, 1), 0.9)) + crit(d(f.detach(), fy), torch.zeros(n, 1))
        od.zero_grad(set_to_none=True)
        ld.backward()
        od.step()
        lg = crit(d(f, fy), torch.ones(n, 1))
        og.zero_grad(set_to_none=True)
        lg.backward()
        og.step()
'''

TENSORS = '''
import numpy as np
import torch
import torch.nn as nn
from torchvision.datasets import MNIST

images = MNIST("data", train=True, download=True).data
X = images.reshape(-1, 784).float() / 127.5 - 1
G = nn.Sequential(nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 784), nn.Tanh())
D = nn.Sequential(nn.Linear(784, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1), nn.Sigmoid())
g_opt = torch.optim.Adam(G.parameters(), 2e-4)
d_opt = torch.optim.Adam(D.parameters(), 2e-4)

def bce(p, t):
    return -(t * torch.log(p + 1e-8) + (1 - t) * torch.log(1 - p + 1e-8)).mean()

for epoch in range(20):
    order = torch.randperm(len(X))
    for start in range(0, len(X), 64):
        real = X[order[start:start + 64]]
        fake = G(torch.randn(len(real), 64))
        both = torch.cat([real, fake.detach()])
        target = torch.cat([torch.ones(len(real), 1), torch.zeros(len(fake), 1)])
        d_loss = bce(D(both), target)
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
        g_loss = -torch.log(D(fake) + 1e-8).mean()
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
'''

TOY = '''
import torch
from torch import nn
gen = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 1))
dis = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1), nn.Sigmoid())
loss_fn = nn.BCELoss()
og = torch.optim.SGD(gen.parameters(), lr=1e-3, momentum=0.9)
od = torch.optim.SGD(dis.parameters(), lr=1e-3, momentum=0.9)
for step in range(5000):
    for _ in range(2):
        od.zero_grad()
        real = torch.randn(32, 1) * 1.25 + 4
        loss_fn(dis(real), torch.ones(32, 1)).backward()
        fake = gen(torch.rand(32, 4)).detach()
        loss_fn(dis(fake), torch.zeros(32, 1)).backward()
        od.step()
    og.zero_grad()
    out = dis(gen(torch.rand(32, 4)))
    loss_fn(out, torch.ones(32, 1)).backward()
    og.step()
'''

JOINT = PLAIN.replace(
    '''        opt_b.zero_grad()
        fake = A(torch.randn(n, 100, device=device))
        loss_b = bce(B(real), ones) + bce(B(fake.detach()), zeros)
        loss_b.backward()
        opt_b.step()

        opt_a.zero_grad()
        loss_a = bce(B(fake), ones)
        loss_a.backward()
        opt_a.step()
''',
    '''        fake = A(torch.randn(n, 100, device=device))
        loss_a = bce(B(fake), ones)
        loss_b = bce(B(real), ones) + bce(B(fake.detach()), zeros)
        opt_a.zero_grad()
        loss_a.backward()
        opt_b.zero_grad()
        loss_b.backward()
        opt_a.step()
        opt_b.step()
''',
)

RIGHT = {
    "plain": PLAIN, "functions": FUNCTIONS, "trainer": TRAINER, "argparse": ARGPARSE,
    "dcgan": DCGAN, "lightning": LIGHTNING, "wgan-gp": WGAN_GP, "wgan-clip": WGAN_CLIP,
    "lsgan": LSGAN, "hinge": HINGE, "conditional": CONDITIONAL, "tensors": TENSORS, "toy": TOY,
    "joint": JOINT,
}  # fmt: skip


def notebook_of(*cells: str) -> str:
    """A notebook with these cells of code."""
    code = [{"cell_type": "code", "source": text, "metadata": {}} for text in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code})


@dataclass(frozen=True)
class Wrong:
    """A script with one mistake: which right one it is made from, and by which replacements."""

    base: str
    mistake: str
    changes: tuple[tuple[str, str], ...]
    level: str = "bug"
    text: str = ""

    @property
    def source(self) -> str:
        """The script."""
        source = RIGHT[self.base]
        for old, new in self.changes:
            assert old in source, (self.mistake, old)
            source = source.replace(old, new)
        return source


def wrong(base: str, mistake: str, *changes: tuple[str, str], level: str = "bug") -> Wrong:
    """Short for a Wrong."""
    return Wrong(base, mistake, changes, level)


# The same, clipped in other words, and so wide that nothing changes in the first steps.
RIGHT["wgan-clip-data"] = WGAN_CLIP.replace("p.data.clamp_(-0.01, 0.01)", "p.data = p.data.clamp(-5, 5)")
ZERO_B, ZERO_A = "        opt_b.zero_grad()\n", "        opt_a.zero_grad()\n"
WRONG = [
    wrong("wgan-clip", "critic-unbounded", ("p.data.clamp_(-0.01, 0.01)", "pass")),
    wrong("wgan-gp", "critic-sigmoid", ("nn.Linear(64, 1))", "nn.Linear(64, 1), nn.Sigmoid())")),
    wrong("wgan-gp", "penalty-cut", ("(grad.norm(", "(grad.detach().norm(")),
    wrong("conditional", "losses-keep-graphs", ("for e in range(3):", "t = 0\nfor e in range(3):"),
          ("        od.step()\n", "        od.step()\n        t += ld\n"), level="advice"),
    wrong("dcgan", "image-sizes-differ", (".view(-1)", ".mean((1, 2, 3))"),
          ("nn.ReLU(True), nn.Conv", "nn.ReLU(True), nn.Upsample(scale_factor=2), nn.Conv")),
    wrong("conditional", "real-condition-mismatch", ("d(x, y)", "d(x, fy)")),
    wrong("wgan-gp", "penalty-cut", ("create_graph=True, ", "")),
    wrong("plain", "layers-shared", ("class Painter", "one = nn.Linear(128, 128)\n\nclass Painter"),
          ("nn.LeakyReLU(0.2), nn.Linear(128, 784)", "one, nn.ReLU(), nn.Linear(128, 784)"),
          ("nn.Dropout(0.3),", "one, nn.ReLU(),")),
    wrong("plain", "update-undone",
          ("history = []", "mean = [p.detach().clone() for p in A.parameters()]\nhistory = []"),
          ("        opt_a.step()\n",
           "        opt_a.step()\n        for p, m in zip(A.parameters(), mean):\n"
           "            m.mul_(0.99).add_(p.data, alpha=0.01)\n            p.data.copy_(m)\n")),
    wrong("plain", "gradients-scaled-away",
          ("        opt_a.step()\n",
           "        nn.utils.clip_grad_norm_(A.parameters(), 1e-10)\n        opt_a.step()\n")),
    wrong("plain", "graph-cut", ("return self.body(z)", "return self.body(z).round()")),
    wrong("plain", "graph-cut",
          ("class Painter", "def flip(x):\n    x = x.detach().view(-1, 28, 28).numpy()\n"
           "    return torch.from_numpy(x[:, ::-1].copy()).view(-1, 784)\n\nclass Painter"),
          ("B(real)", "B(flip(real))"), ("B(fake.detach())", "B(flip(fake))"),
          ("bce(B(fake)", "bce(B(flip(fake))")),
    wrong("conditional", "shapes-unfit", ("datasets.MNIST", "datasets.CIFAR10")),
    wrong("conditional", "condition-mismatch", ("d(f.detach(), fy)", "d(f.detach(), y)")),
    wrong("plain", "gradients-never-cleared", (ZERO_B, "")),
    wrong("plain", "gradients-never-cleared", (ZERO_A, "")),
    wrong("plain", "gradients-never-cleared", (ZERO_A, ""), (ZERO_B, "")),
    wrong("plain", "generator-gradients-leak", (ZERO_B, ""),
          ("        opt_b.step()\n", "        opt_b.step()\n        opt_b.zero_grad()\n")),
    wrong("plain", "discriminator-gradients-leak", (ZERO_A, ""), ("fake.detach()", "fake"),
          ("loss_b.backward()", "loss_b.backward(retain_graph=True)"),
          ("        loss_a = bce", "        fake = A(torch.randn(n, 100))\n        loss_a = bce"),
          ("        opt_a.step()\n", "        opt_a.step()\n        opt_a.zero_grad()\n")),
    wrong("plain", "zero-grad-before-step",
          ("        loss_a.backward()\n", "        loss_a.backward()\n        opt_a.zero_grad()\n")),
    wrong("plain", "step-before-backward",
          ("        loss_b.backward()\n        opt_b.step()\n",
           "        opt_b.step()\n        loss_b.backward()\n")),
    wrong("plain", "wrong-optimizer-weights",
          ("opt_a = optim.Adam(A.parameters()", "opt_a = optim.Adam(B.parameters()")),
    wrong("plain", "wrong-optimizer-weights",
          ("opt_b = optim.Adam(B.parameters()", "opt_b = optim.Adam(A.parameters()")),
    wrong("plain", "one-optimizer-for-both",
          ("opt_a = optim.Adam(A.parameters()",
           "opt_a = optim.Adam(list(A.parameters()) + list(B.parameters())")),
    wrong("plain", "detach-in-generator-step", ("bce(B(fake), ones)", "bce(B(fake.detach()), ones)")),
    wrong("plain", "no-grad-in-generator-step",
          ("        fake = A(torch.randn(n, 100, device=device))\n",
           "        with torch.no_grad():\n            fake = A(torch.randn(n, 100))\n")),
    wrong("plain", "stale-scores",
          ("        loss_b.backward()\n", "        s = B(fake)\n        loss_b.backward()\n"),
          ("bce(B(fake), ones)", "bce(s, ones)")),
    wrong("plain", "second-backward", ("fake.detach()", "fake")),
    wrong("plain", "labels-swapped",
          ("bce(B(real), ones) + bce(B(fake.detach()), zeros)",
           "bce(B(real), zeros) + bce(B(fake.detach()), ones)")),
    wrong("plain", "fakes-labelled-real", ("bce(B(fake.detach()), zeros)", "bce(B(fake.detach()), ones)")),
    wrong("plain", "real-labelled-fake", ("bce(B(real), ones)", "bce(B(real), zeros)")),
    wrong("plain", "generator-labels-fake", ("bce(B(fake), ones)", "bce(B(fake), zeros)")),
    wrong("plain", "saturating-loss", ("bce(B(fake), ones)", "-bce(B(fake), zeros)"), level="advice"),
    wrong("plain", "fed-with-noise", ("bce(B(fake.detach()), zeros)", "bce(B(torch.randn(n, 784)), zeros)")),
    wrong("plain", "never-sees-real", ("bce(B(real), ones) + ", "")),
    wrong("plain", "loss-without-real", ("loss_b = bce(B(real), ones) + ", "p = B(real); loss_b = ")),
    wrong("plain", "never-sees-fakes", (" + bce(B(fake.detach()), zeros)", "")),
    wrong("plain", "sigmoid-twice", ("nn.BCELoss()", "nn.BCEWithLogitsLoss()")),
    wrong("plain", "scores-not-probabilities", ("nn.Linear(128, 1), nn.Sigmoid())", "nn.Linear(128, 1))")),
    wrong("plain", "softmax-of-one", ("nn.Sigmoid())", "nn.Softmax(dim=1))")),
    wrong("plain", "pixels-other-range", (", transforms.Normalize((0.5,), (0.5,))", "")),
    wrong("plain", "generator-sigmoid-output", ("nn.Tanh()", "nn.Sigmoid()")),
    wrong("plain", "pixels-standardized", ("(0.5,), (0.5,)", "(0.1307,), (0.3081,)")),
    wrong("plain", "normalization-channels", ("(0.5,), (0.5,)", "(0.5, 0.5, 0.5), (0.5, 0.5, 0.5)")),
    wrong("plain", "noise-reused", ("history = []", "history = []\nz = torch.randn(64, 100)"),
          ("torch.randn(n, 100, device=device)", "z[:n]")),
    wrong("plain", "short-batch", ("torch.ones(n, 1", "torch.ones(batch_size, 1")),
    wrong("plain", "label-shape", ("torch.ones(n, 1,", "torch.ones(n,")),
    wrong("plain", "label-dtype", ("torch.ones(n, 1,", "torch.ones(n, 1, dtype=torch.long,")),
    wrong("plain", "training-in-eval-mode", ("history = []", "history = []\nB.eval()")),
    wrong("plain", "learning-rate-hopeless", ("A.parameters(), lr=2e-4", "A.parameters(), lr=0.2")),
    wrong("plain", "losses-keep-graphs", ("history.append(loss_a.item())", "history.append(loss_a)"),
          level="advice"),
    wrong("plain", "images-not-shuffled", (", shuffle=True", ""), level="advice"),
    wrong("plain", "iterator-remade", (", shuffle=True", ""),
          ("for i, (real, _) in enumerate(loader):", "for i in range(100):\n        real, _ = next(iter(loader))")),
    wrong("plain", "generator-outside-loop",
          ("        opt_a.zero_grad()\n        loss_a", "    if True:\n        opt_a.zero_grad()\n        loss_a"),
          ("        loss_a = bce", "        loss_a = bce")),
    wrong("plain", "networks-remade",
          ("for epoch in range(5):\n",
           "for epoch in range(5):\n    A, B = Painter(), Judge()\n"
           "    opt_a = optim.Adam(A.parameters(), lr=2e-4)\n    opt_b = optim.Adam(B.parameters(), lr=2e-4)\n")),
    wrong("plain", "wrong-optimizer-weights",
          ("bce = nn.BCELoss()", "bce = nn.BCELoss()\nA = Painter()")),
    wrong("functions", "gradients-never-cleared",
          ("    N = fake_data.size(0)\n    optimizer.zero_grad()\n", "    N = fake_data.size(0)\n")),
    wrong("functions", "detach-in-generator-step",
          ("        fake_data = generator(noise(N))\n", "")),
    wrong("functions", "wrong-optimizer-weights",
          ("g_optimizer = optim.Adam(generator", "g_optimizer = optim.Adam(discriminator")),
    wrong("functions", "generator-labels-fake",
          ("loss(prediction, ones_target(N))", "loss(prediction, zeros_target(N))")),
    wrong("functions", "optimizers-swapped",
          ("train_discriminator(d_optimizer", "train_discriminator(g_optimizer"),
          ("train_generator(g_optimizer", "train_generator(d_optimizer")),
    wrong("trainer", "gradients-never-cleared", ("        self.opt_judge.zero_grad()\n", "")),
    wrong("trainer", "labels-swapped",
          ("[torch.ones(len(real), 1), torch.zeros(len(real), 1)]",
           "[torch.zeros(len(real), 1), torch.ones(len(real), 1)]")),
    wrong("trainer", "sigmoid-twice", ("lambda x: x)", "torch.sigmoid)")),
    wrong("trainer", "pixels-other-range", ("x * 2 - 1", "x")),
    wrong("trainer", "training-in-eval-mode",
          ("x = F.leaky_relu(layer(x), 0.2)", "x = F.leaky_relu(self.drop(layer(x)), 0.2)"),
          ("self.last = last", "self.last = last\n        self.drop = nn.Dropout(0.3)"),
          ("            self.make.train()\n", ""), ("self.criterion = ", "self.make.eval()\n        self.criterion = ")),
    wrong("argparse", "generator-gradients-leak", ("        optimizer_D.zero_grad()\n", ""),
          ("        optimizer_D.step()\n", "        optimizer_D.step()\n        optimizer_D.zero_grad()\n")),
    wrong("argparse", "gradients-never-cleared", ("        optimizer_D.zero_grad()\n", "")),
    wrong("argparse", "second-backward", ("gen_imgs.detach()", "gen_imgs")),
    wrong("argparse", "one-optimizer-for-both",
          ("Adam(generator.parameters()", "Adam([*generator.parameters(), *discriminator.parameters()]")),
    wrong("argparse", "fakes-labelled-real",
          ("discriminator(gen_imgs.detach()), fake)", "discriminator(gen_imgs.detach()), valid)")),
    wrong("dcgan", "gradients-never-cleared", ("        netD.zero_grad()\n", "")),
    wrong("dcgan", "detach-in-generator-step",
          ("        output = netD(fake).view(-1)\n", "        output = netD(fake.detach()).view(-1)\n")),
    wrong("dcgan", "generator-labels-fake",
          ("        label.fill_(real_label)\n", "")),
    wrong("dcgan", "training-in-eval-mode", ("criterion = nn.BCELoss()", "criterion = nn.BCELoss()\nnetG.eval()")),
    wrong("dcgan", "learning-rate-hopeless", ('"lr": 0.0002', '"lr": 0.2')),
    wrong("lightning", "gradients-never-cleared", ("        opt_d.zero_grad()\n", "")),
    wrong("lightning", "wrong-optimizer-weights",
          ("Adam(self.discriminator.parameters()", "Adam(self.generator.parameters()")),
    wrong("lightning", "labels-swapped",
          ("self.discriminator(imgs), valid)", "self.discriminator(imgs), 1 - valid)"),
          ("fake = torch.zeros", "fake = torch.ones")),
    wrong("wgan-gp", "generator-labels-fake", ("loss_g = -C(", "loss_g = C(")),
    wrong("wgan-gp", "gradients-never-cleared", ("        opt_c.zero_grad()\n", "")),
    wrong("conditional", "real-labelled-fake", ("torch.full((n, 1), 0.9)", "torch.zeros(n, 1)")),
    wrong("tensors", "generator-sigmoid-output", ("784), nn.Tanh()", "784), nn.Sigmoid()")),
    wrong("tensors", "pixels-raw", (" / 127.5 - 1", "")),
    wrong("tensors", "labels-swapped",
          ("[torch.ones(len(real), 1), torch.zeros(len(fake), 1)]",
           "[torch.zeros(len(real), 1), torch.ones(len(fake), 1)]")),
    wrong("tensors", "saturating-loss",
          ("-torch.log(D(fake) + 1e-8).mean()", "torch.log(1 - D(fake) + 1e-8).mean()"), level="advice"),
    wrong("toy", "gradients-never-cleared", ("    og.zero_grad()\n", "")),
    wrong("lsgan", "label-shape", ("torch.ones(n, 1,", "torch.ones(n,")),
    wrong("joint", "generator-gradients-leak",
          ("        opt_b.zero_grad()\n        loss_b.backward()\n", "        loss_b.backward()\n"),
          ("        opt_a.zero_grad()\n", "        opt_a.zero_grad()\n        opt_b.zero_grad()\n")),
]  # fmt: skip

FILES = "import torch\nfrom PIL import Image\nImage.open('faces/1.png')\n"
# What can't be run, with what is said of it.
BROKEN = {
    "no file": (FILES, "It reads a file that is not there"),
    "arguments": (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--dataroot', required=True)\np.parse_args()\n",
        "behind two dashes",
    ),
    "no network": ("print('hello')\n", "without calling any network"),
    "endless": ("while True:\n    try:\n        pass\n    except:\n        pass\n", "without training"),
    "stand-in": (
        "import kornia_nets\nmodel = kornia_nets.Generator()\nx = 1 + model(3)\n", "than a stand-in can be",
    ),
    "memory": ("import torch\nx = torch.ones(10 * 2**30 // 4)\n", "memory"),
    "exit": ("import os\nos._exit(0)\n", "Its process ended"),
    "syntax": ("print 'hello'\n", "SyntaxError"),
}
