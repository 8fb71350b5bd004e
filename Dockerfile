# One server of the book: docker build -t white-box . && docker run -p 8501:8501 white-box
# tests/test_dockerfile.py runs these very lines without Docker.
FROM python:3.12.12-slim-bookworm

RUN useradd --create-home --uid 1000 reader
WORKDIR /book

# Every requirement comes as a wheel, so the slim base, which has no compiler, is enough.
COPY requirements.txt ./
RUN pip install --no-cache-dir --only-binary=:all: -r requirements.txt

COPY LICENSE Home.py ./
COPY .streamlit .streamlit
COPY checkpoints checkpoints
COPY records records
COPY lab lab
COPY components components
COPY pages pages

# The user below may not write here, so what is not compiled now is compiled at each start.
RUN python -m compileall -q lab components

USER 1000

# By the environment, so that a host may name another port: docker run -e STREAMLIT_SERVER_PORT=7860
ENV STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_SERVER_FILE_WATCHER_TYPE=none
EXPOSE 8501

# The slim base has no curl. An answer that is no 200 raises, and so does none within 3 seconds.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['STREAMLIT_SERVER_PORT']}/_stcore/health\", timeout=3)"]

CMD ["python", "-m", "streamlit", "run", "Home.py"]
