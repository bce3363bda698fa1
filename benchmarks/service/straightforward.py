"""The service that one writes in an afternoon: FastAPI, transformers' CLIP, FAISS's IndexFlatIP.

    python -m benchmarks.service.straightforward --weights HUB --items 37774 --port 8001

What the others are measured against. It is written as the libraries' own examples are: routes
that the framework runs on threads, one input per call of the model, a brute-force index.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
import uvicorn
from fastapi import FastAPI, HTTPException, UploadFile
from PIL import Image
from pydantic import BaseModel

import training.vision_ops  # noqa: F401 - before transformers imports torchvision


class Query(BaseModel):
    query: str
    limit: int = 10


class Hit(BaseModel):
    id: str
    score: float
    title: str
    image_url: str


class Answer(BaseModel):
    items: list[Hit]


class Shop:
    """Random unit vectors under made-up titles, and CLIP."""

    def __init__(self, weights: Path, items: int) -> None:
        import faiss
        from transformers import CLIPImageProcessor, CLIPModel, CLIPTokenizerFast

        self.model = CLIPModel.from_pretrained(weights).eval()
        self.processor = CLIPImageProcessor.from_pretrained(weights)
        self.tokenizer = CLIPTokenizerFast.from_pretrained(weights)
        dimension = self.model.config.projection_dim
        vectors = np.random.default_rng(0).standard_normal((items, dimension)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.vectors = vectors
        self.index = faiss.IndexFlatIP(dimension)
        self.index.add(vectors)

    @torch.inference_mode()
    def embed_image(self, data: bytes) -> np.ndarray:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        inputs = self.processor(images=image, return_tensors="pt")
        return self._unit(self.model.get_image_features(**inputs))

    @torch.inference_mode()
    def embed_text(self, text: str) -> np.ndarray:
        inputs = self.tokenizer([text], padding=True, truncation=True, return_tensors="pt")
        return self._unit(self.model.get_text_features(**inputs))

    @staticmethod
    def _unit(features: Any) -> np.ndarray:
        # A tensor in older releases of transformers, an output with a pooled one in newer.
        rows = features if isinstance(features, torch.Tensor) else features.pooler_output
        return np.asarray(torch.nn.functional.normalize(rows, dim=-1))

    def nearest(self, query: np.ndarray, limit: int, but: int = -1) -> Answer:
        scores, rows = self.index.search(query, limit + 1)
        hits = [
            Hit(
                id=str(row),
                score=score,
                title=f"Product {row}",
                image_url=f"/items/{row}/image",
            )
            for row, score in zip(rows[0].tolist(), scores[0].tolist(), strict=True)
            if row != but
        ]
        return Answer(items=hits[:limit])


def create_app(shop: Shop) -> FastAPI:
    """The three calls."""
    app = FastAPI()

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/recommend/by-image")
    def by_image(image: UploadFile, limit: int = 10) -> Answer:
        return shop.nearest(shop.embed_image(image.file.read()), limit)

    @app.post("/recommend/by-text")
    def by_text(query: Query) -> Answer:
        return shop.nearest(shop.embed_text(query.query), query.limit)

    @app.get("/items/{item_id}/similar")
    def similar(item_id: int, limit: int = 10) -> Answer:
        if not 0 <= item_id < len(shop.vectors):
            raise HTTPException(404)
        return shop.nearest(shop.vectors[item_id : item_id + 1], limit, but=item_id)

    return app


def main(
    weights: Annotated[Path, typer.Option()],
    items: Annotated[int, typer.Option()] = 37_774,
    port: Annotated[int, typer.Option()] = 8001,
) -> None:
    """Serve."""
    uvicorn.run(create_app(Shop(weights, items)), port=port, log_level="warning")


if __name__ == "__main__":
    typer.run(main)
