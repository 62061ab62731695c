from checks.engine.check import Solution, check, wrong


@check("NumPy noise has the shape you ask for", about="sample_noise_numpy", points=1)
def test_numpy_shape(solution: Solution) -> None:
    (noise,) = solution.call("sample_noise_numpy", {"n_samples": 7, "latent_dim": 3})
    assert noise.shape == (7, 3)
